"""The benchmarks at tiny sizes: what is compared is the same thing on both sides.

Nothing is said of their times here.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from builds import QUICK

from benchmarks import __main__ as all_benchmarks
from benchmarks import (
    build,
    classifier,
    contender,
    fit,
    kprototypes,
    lifetime_value,
    lrfm,
    machine,
    mixed_fit,
    mixed_scoring,
    plain_script,
    publishing,
    race,
    report,
    scoring,
    whole_build,
)


def lap(seconds: float) -> race.Lap:
    return race.Lap(seconds=seconds, cpu_seconds=1.0, peak_megabytes=10.0, facts={})


@pytest.mark.parametrize("transform", scoring.TRANSFORMS)
def test_scoring_contenders_agree_on_every_row(tmp_path: Path, transform: str) -> None:
    folder = str(tmp_path)
    scoring.prepare(folder, rows=3_000)()
    scoring.in_the_engine(folder, transform)()
    scoring.bare_copy(folder)()
    scoring.through_pandas(folder, transform)()
    assert scoring.count_different_labels(folder, transform)() == {"rows": 0}


def test_a_label_that_differs_is_counted(tmp_path: Path) -> None:
    import duckdb

    folder = str(tmp_path)
    scoring.prepare(folder, rows=500)()
    scoring.in_the_engine(folder, "none")()
    scoring.through_pandas(folder, "none")()
    with duckdb.connect(str(tmp_path / "engine_none.duckdb")) as connection:
        connection.execute("update scored set segment_id = segment_id + 1 where id = 7")
        connection.execute("delete from scored where id = 8")
    assert scoring.count_different_labels(folder, "none")() == {"rows": 2}


@pytest.mark.long
def test_mixed_scoring_contenders_agree_on_every_row(tmp_path: Path) -> None:
    import duckdb

    folder = str(tmp_path)
    mixed_scoring.prepare(folder, rows=3_000)()
    mixed_scoring.in_the_engine(folder)()
    mixed_scoring.bare_copy(folder)()
    mixed_scoring.through_pandas(folder)()
    found = mixed_scoring.count_different_labels(folder)()
    assert found["rows"] == 0
    assert min(found["with_a_null"], found["with_an_unseen_category"]) > 10
    with duckdb.connect(str(tmp_path / "engine.duckdb")) as connection:
        assert len(connection.sql("select distinct segment_id from scored").fetchall()) > 3
        connection.execute("update scored set segment_id = segment_id + 1 where id = 7")
        connection.execute("delete from scored where id = 8")
    assert mixed_scoring.count_different_labels(folder)()["rows"] == 2


@pytest.mark.long
def test_mixed_fit_contenders_arrive_at_the_same_cost(tmp_path: Path) -> None:
    folder = str(tmp_path)
    mixed_fit.prepare(folder, rows=2_000)()
    ours = mixed_fit.sample_and_refine(folder)()
    memory = mixed_fit.in_memory(folder)()
    # Fewer rows than the sample holds: both saw all of them, in one scaling.
    assert ours["cost"] == pytest.approx(memory["cost"], rel=1e-3)
    compared = mixed_fit.compare(folder)()
    assert compared["cost_gap"] == pytest.approx(
        100 * (ours["cost"] / memory["cost"] - 1), abs=1e-6
    )
    assert compared["rows_without_a_label"] == 0
    assert compared["labelled_alike"] > 0.98


@pytest.mark.long
def test_fit_contenders_arrive_at_the_same_inertia(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "KS", range(2, 5))
    folder = str(tmp_path)
    fit.prepare(folder, rows=2_000)()
    ours = fit.sample_and_refine(folder)()
    recipe = fit.recipe(folder)()
    # Fewer rows than the sample holds: both saw all of them, in one scaling.
    assert ours["inertia"] == pytest.approx(recipe["inertia"], rel=1e-4)
    gaps = fit.inertia_gaps(folder)()
    assert gaps["our_scaling"] == pytest.approx(gaps["recipe_scaling"], abs=1e-6)
    assert gaps["our_scaling"] == pytest.approx(
        100 * (ours["inertia"] / recipe["inertia"] - 1), abs=1e-6
    )


@pytest.mark.long
@pytest.mark.parametrize("kind", classifier.KINDS)
def test_classifier_contenders_predict_every_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    import duckdb

    monkeypatch.setattr(classifier, "LABELLED_ROWS", 200)
    folder = str(tmp_path)
    classifier.prepare(folder, kind, rows=3_000)()
    classifier.fit(folder, kind, candidates=["gradient_boosting"])()
    classifier.fit_plainly(folder, kind)()
    classifier.ready(folder, kind)()
    predicted = classifier.in_batches(folder, kind)()["predicted"]
    classifier.through_pandas(folder, kind)()
    assert predicted <= 3_000
    assert classifier.count_different(folder, kind)() == {"rows": 0}
    with duckdb.connect(str(classifier._output(folder, kind, "pandas"))) as connection:
        assert connection.sql("select count(distinct id) from scored").fetchall() == [(3_000,)]
    with duckdb.connect(str(classifier._output(folder, kind, "batches"))) as connection:
        connection.execute("update scored set segment = 'other' where id < 3")
    assert classifier.count_different(folder, kind)() == {"rows": 3}


@pytest.mark.long
def test_lrfm_contenders_agree_on_every_customer(tmp_path: Path) -> None:
    folder = str(tmp_path)
    lrfm.prepare(folder, orders=3_000, customers=400)()
    lrfm.sql_models(folder)()
    lrfm.in_pandas(folder)()
    found = lrfm.count_different_customers(folder)()
    assert found["rows"] == 0
    assert found["compared"] > 300
    written = tmp_path / "lrfm_pandas.parquet"
    frame = pd.read_parquet(written)
    assert (frame.frequency < 1).any(), "nobody without a purchase in the window: a rule unseen"
    frame.loc[0, "monetary"] += 0.01
    frame.drop(index=1).to_parquet(written)
    assert lrfm.count_different_customers(folder)()["rows"] == 2


@pytest.mark.long
def test_the_customers_and_orders_of_a_whole_build_are_as_planted(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
        assert whole_build.prepare(str(folder), customers=2_000)()["orders"] > 20_000
    people, orders = (
        [pd.read_parquet(folder / f"{table}.parquet") for folder in folders]
        for table in ("customers", "orders")
    )
    pd.testing.assert_frame_equal(*people)
    pd.testing.assert_frame_equal(*orders)
    shares = people[0].kind.value_counts(normalize=True)
    for kind, share, *_ in whole_build.KINDS:
        assert shares[kind] == pytest.approx(share, abs=0.03)
    bought = orders[0].merge(people[0], on="customer_id", how="left")
    unknown = bought.kind.isna()
    assert set(bought[unknown].customer_id) == {"nobody"}
    assert 0 < unknown.sum() < len(bought) / 500
    assert 0 < bought.order_id.duplicated().sum() < len(bought) / 1_000
    # A fifth of the customers place well over a third of the orders.
    placed = bought[~unknown].groupby("customer_id").size().sort_values(ascending=False)
    assert placed.head(400).sum() > 0.4 * placed.sum()
    last = bought[~unknown].groupby("kind").ordered_at.max()
    assert last["gone"] < pd.Timestamp("2025-03-08") < last["frequent"]
    assert 0.01 < (bought.revenue < 0).mean() < 0.03


@pytest.mark.long
def test_a_whole_build_rejects_what_was_planted_and_loses_nobody(tmp_path: Path) -> None:
    folder = str(tmp_path)
    whole_build.prepare(folder, customers=1_500)()
    whole_build.first_build(folder, QUICK)()
    whole_build.second_build(folder, QUICK)()
    whole_build.bare_copy(folder)()
    found = whole_build.compare(folder)()
    assert found["planted"] > 10
    assert (found["rejects"], found["lost"]) == (0, 0)
    assert found["agreement"] > 0.3
    import duckdb

    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        fitted = connection.sql("select max(model_number) from segmentation.value_model")
        assert fitted.fetchall() == [(1,)]
        connection.execute("delete from marts.rpt_rejects where rejected_because like '%nobody%'")
    assert whole_build.compare(folder)()["rejects"] > 0


@pytest.mark.long
def test_published_marts_are_those_of_the_warehouse(tmp_path: Path) -> None:
    import duckdb

    folder = str(tmp_path)
    publishing.prepare(folder, customers=500)()
    publishing.publish_marts(folder)()
    publishing.bare_copy(folder)()
    assert publishing.compare(folder)() == {"differing": 0}
    with duckdb.connect(str(tmp_path / "published.duckdb")) as connection:
        connection.execute("update marts.dim_customers set age = 99 where age = 7")
        ((changed,),) = connection.execute(
            "select count(*) from marts.dim_customers where age = 99"
        ).fetchall()
    assert publishing.compare(folder)()["differing"] == changed > 0


@pytest.mark.long
def test_k_prototypes_contenders_have_the_same_cost_function(tmp_path: Path) -> None:
    folder = str(tmp_path)
    kprototypes.prepare(folder, rows=400)()
    ours = kprototypes.ours(folder, restarts=3, seed=1)()
    theirs = kprototypes.kmodes(folder, restarts=3, seed=1)()
    assert ours["gamma"] == pytest.approx(theirs["gamma"], rel=1e-12)
    assert ours["cost"] <= theirs["cost"] * (1 + 1e-7)
    assert ours["cost"] == pytest.approx(theirs["cost"], rel=0.1)


def test_lifetime_value_contenders_fit_the_same_customers(tmp_path: Path) -> None:
    pytest.importorskip("lifetimes")
    where = {"folder": str(tmp_path), "table": "few customers"}
    lifetime_value.prepare(**where, rows=3_000)()
    ours = lifetime_value.fit(**where)()
    theirs = lifetime_value.fit_with_lifetimes(**where)()
    assert ours["parameters"] == pytest.approx(theirs["parameters"], rel=5e-3)
    heights = [
        lifetime_value.height(**where, parameters=facts["parameters"])()["log_likelihood"]
        for facts in (ours, theirs)
    ]
    assert heights[0] >= heights[1] - 1e-6
    # By the day, many customers have the same history.
    histories = lifetime_value.forecast(**where)()["histories"]
    assert histories == ours["histories"]
    assert lifetime_value.ready(**where)()["customers"] == 3_000 > histories


def test_k_prototypes_costs_are_compared_seed_by_seed() -> None:
    ours, theirs = (
        [race.Lap(1.0, 1.0, 10.0, {"cost": cost}) for cost in costs]
        for costs in ((10.0, 21.0), (20.0, 20.0))
    )
    assert kprototypes._excess(ours, theirs) == pytest.approx([-50.0, 5.0])


@pytest.mark.long
def test_plain_script_comes_to_the_published_segments(tmp_path: Path) -> None:
    """The sizes that the README shows for a build of the same data set, but for who sits between.

    scikit-learn's default tolerance stops a few households short of where ours does.
    """
    build.plain_script(str(tmp_path), most=4)()
    sizes = pd.read_parquet(tmp_path / "segments.parquet").segment_id.value_counts()
    assert sum(sizes) == 2469
    assert sizes.tolist() == pytest.approx([883, 693, 578, 315], abs=10)


@pytest.mark.long
def test_a_contender_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    entry = race.Entry("benchmarks.fit", "prepare", {"folder": str(tmp_path), "rows": 100})
    laps = race.race({"prepare": entry}, rounds=1)["prepare"]
    assert (tmp_path / "planted.duckdb").is_file()
    assert laps[0].seconds > 0
    assert laps[0].peak_megabytes > 1
    with pytest.raises(RuntimeError, match=r"benchmarks\.fit\.recipe failed"):
        race.run(race.Entry("benchmarks.fit", "recipe", {"folder": str(tmp_path / "nowhere")}))


def test_ratios_are_medians_of_neighbours() -> None:
    above, below = [lap(10.0), lap(30.0), lap(8.0)], [lap(5.0), lap(10.0), lap(8.0)]
    assert race.ratio("a / b", above, below, at_least=2.0) == {
        "name": "a / b",
        "value": 2.0,
        "goal": "≥ 2",
        "met": True,
        "rounds": [2.0, 3.0, 1.0],
    }
    assert race.ratio("a / b", above, below, at_most=1.1)["met"] is False
    assert race.ratio("a / b", above, below)["met"] is None


def test_the_time_of_a_build_is_accounted_for() -> None:
    names = [
        "model.segmentation.a",
        "test.segmentation.unique_a_id.0123abcd",
        "model.segmentation.b",
    ]
    results = {
        "elapsed_time": 5.0,
        "results": [
            {"unique_id": name, "execution_time": seconds}
            for name, seconds in zip(names, (1.0, 3.0, 2.0), strict=True)
        ],
    }
    spent = build.where_the_time_goes(results, seconds=8.0)
    assert spent["seconds_of_start_up_and_parsing"] == 3.0
    assert spent["node_seconds"]["model"] == {"nodes": 2, "seconds": 3.0}
    assert spent["slowest_nodes"][0] == {"node": "test unique_a_id", "seconds": 3.0}


def test_results_are_kept_and_shown(tmp_path: Path) -> None:
    results, page = tmp_path / "results.json", "Before.\n" + report.BEGIN + report.END + "\nAfter."
    for name, value in (("lrfm", 3.0), ("scoring", 1.0), ("lrfm", 4.0)):
        figures = [race.judged("a / b", value, at_least=3.5)]
        raw = race.raw_figures({"a": [lap(value)], "b": [lap(1.0)]})
        entry = {"name": name, "what": "rows", "figures": figures, "raw": raw}
        all_benchmarks.keep(results, entry, machine.facts())
    kept = json.loads(results.read_text())
    assert [entry["name"] for entry in kept["benchmarks"]] == ["scoring", "lrfm"]
    shown = report.between_markers(page, report.figures(kept))
    assert "| lrfm | a / b | 4 | ≥ 3.5 | yes |" in shown
    assert "| scoring | a / b | 1 | ≥ 3.5 | **no** |" in shown
    assert shown.startswith("Before.")
    assert shown.endswith("After.")
    assert report.between_markers(shown, report.figures(kept)) == shown
    with pytest.raises(ValueError, match="needs the lines"):
        report.between_markers("No markers.", "")


def test_documentation_shows_the_results_file() -> None:
    """`python -m benchmarks.report` was run after the benchmarks were."""
    page = report.PAGE.read_text()
    shown = report.between_markers(page, report.figures(json.loads(report.RESULTS.read_text())))
    assert shown == page


def test_cpu_seconds_and_memory_are_of_this_process() -> None:
    before = contender.cpu_seconds()
    sum(range(10**6))
    assert contender.cpu_seconds() > before
    assert contender.peak_megabytes() > 10


def test_plain_script_counts_the_window_and_the_day_in_the_stores_time_zone() -> None:
    lines = pd.DataFrame(
        {
            "household_id": [1, 1, 1, 2],
            "basket_id": [1, 1, 2, 3],
            # In Ohio the third is still the 30th, and the fourth is on New Year's Day.
            "transaction_timestamp": pd.to_datetime(
                ["2017-01-02 12:00", "2017-01-02 12:01", "2017-12-31 04:00", "2018-01-01 05:30"]
            ),
            "sales_value": [1.5, 2.0, 4.0, 8.0],
        }
    )
    found = plain_script.lrfm_of(lines)
    assert found.loc[1].tolist() == [362.0, 1.0, 2.0, 7.5]
    assert 2 not in found.index
