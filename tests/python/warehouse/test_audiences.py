"""From an export to the lift: a campaign on the sample, with outcomes that are planted."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from builds import NO_UNIT_TESTS, QUICK, Warehouse
from scipy import stats
from segmentation.audiences.assignment_files import SCHEMA
from segmentation.cli.app import app
from typer.testing import CliRunner

# What a build of a later day has to make anew: all that the marts of campaigns are made of.
SELECTION = (
    *("--select", "int_days", "int_run_settings", "int_customer_activity", "int_customer_lrfm"),
    *("int_purchase_days", "int_customer_rhythm", "dim_customers"),
    "stg_audiences__assignments+",
)
LATER = "2026-03-31"

# Of each group so many buy, and for so much.
BUYERS = {"treated": 0.6, "held out": 0.3}
AMOUNT = 50


@pytest.fixture(scope="module")
def campaign(
    sample: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Warehouse, Path]]:
    """Export an audience, plant orders after that day, and build as of a later one."""
    folder = tmp_path_factory.mktemp("campaign")
    warehouse = sample.copy(folder)
    to = folder / "second_visit.csv"
    done = CliRunner().invoke(
        app,
        [
            *("export", "--segment", "value/potential_loyalist", "--to", str(to)),
            *("--holdout", "40%", "--published", str(warehouse.path)),
        ],
    )
    assert done.exit_code == 0, done.output
    assignments = folder / "assignments"
    _plant_orders(warehouse, assignments)
    # Another shop's assignments in the same folder, and some of a day that is still to come.
    (path,) = assignments.glob("*.parquet")
    rows = pq.read_table(path).to_pylist()[:5]
    strangers = [row | {"dataset": "elsewhere", "audience": "strangers"} for row in rows]
    coming = [row | {"audience": "coming", "assigned_on": "2026-04-01"} for row in rows]
    for name, changed in (("strangers", strangers), ("coming", coming)):
        columns = {field: [row[field] for row in changed] for field in SCHEMA.names}
        days = pa.array([str(day) for day in columns.pop("assigned_on")]).cast(pa.date32())
        table = pa.table({**columns, "assigned_on": days}).select(SCHEMA.names).cast(SCHEMA)
        pq.write_table(table, assignments / f"{name}.parquet")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SEGMENTATION_ASSIGNMENTS", str(assignments))
        warehouse.build(*SELECTION, *NO_UNIT_TESTS, dataset="sample", as_of=LATER, **QUICK)
        yield warehouse, to


def _plant_orders(warehouse: Warehouse, assignments: Path) -> None:
    """Let the stated share of each group buy once, in the order of their ids."""
    import duckdb

    with duckdb.connect(str(warehouse.path)) as connection:
        shares = " ".join(f"when '{group}' then {share}" for group, share in sorted(BUYERS.items()))
        connection.execute(
            f"""
            insert into intermediate.int_checked_orders by name
            select customer_id, 'planted-' || customer_id as order_id,
                timestamp '2026-02-01 12:00:00' as ordered_at, 1 as items, {AMOUNT} as revenue
            from (
                select *, row_number() over (partition by assignment_group order by customer_id)
                    / count(*) over (partition by assignment_group) as place
                from read_parquet('{assignments}/*.parquet')
            )
            where place <= case assignment_group {shares} end
            """
        )


def wilson(successes: int, size: int) -> tuple[float, float]:
    interval = stats.binomtest(successes, size).proportion_ci(method="wilson")
    return interval.low, interval.high


def test_without_assignments_the_marts_are_there_and_empty(sample: Warehouse) -> None:
    assert sample.query(
        "select (select count(*) from marts.fct_holdout_assignments),"
        " (select count(*) from marts.rpt_campaign_lift)"
    ) == [(0, 0)]


@pytest.mark.long
def test_everybody_of_the_segment_is_assigned_once(campaign: tuple[Warehouse, Path]) -> None:
    warehouse, to = campaign
    assert warehouse.query(
        "select distinct audience, segment_slug, seed, holdout_share, assigned_on, days_since,"
        " is_customer from marts.fct_holdout_assignments"
    ) == [
        (
            *("second_visit", "potential_loyalist", "second_visit", 0.4),
            *warehouse.query("select date '2025-12-31', 90, true")[0],
        )
    ]
    # In the file are the treated, and nobody else; the segments are still those of the export.
    assert warehouse.query(
        f"""
        select assigned.assignment_group, sent.customer_id is not null, count(*) > 30
        from marts.fct_holdout_assignments as assigned
        left join read_csv('{to}') as sent using (customer_id)
        group by 1, 2
        order by 1
        """
    ) == [("held out", False, True), ("treated", True, True)]
    in_segment = (
        "select customer_id from marts.fct_customer_segments"
        " where segmentation = 'value' and segment_slug = 'potential_loyalist' order by 1"
    )
    in_audience = "select customer_id from marts.fct_holdout_assignments order by 1"
    assert warehouse.query(in_audience) == warehouse.query(in_segment)


@pytest.mark.long
def test_the_planted_lift_is_found(campaign: tuple[Warehouse, Path]) -> None:
    warehouse, _ = campaign
    sizes = dict(
        warehouse.query(
            "select assignment_group, count(*) from marts.fct_holdout_assignments group by 1"
        )
    )
    buyers = {group: math.floor(share * sizes[group] + 1e-9) for group, share in BUYERS.items()}
    rates = {group: buyers[group] / sizes[group] for group in sizes}
    lift = warehouse.frame("from marts.rpt_campaign_lift").set_index("measure")
    assert set(lift.audience) == {"second_visit"}
    assert set(lift.treated_customers) == {sizes["treated"]}
    assert set(lift.held_out_customers) == {sizes["held out"]}

    purchase = lift.loc["purchase"]
    difference = rates["treated"] - rates["held out"]
    assert purchase.difference == pytest.approx(difference)
    # The planted difference of 0.3, found as well as whole customers allow.
    assert difference == pytest.approx(0.3, abs=0.02)
    low_treated, high_treated = wilson(buyers["treated"], sizes["treated"])
    low_held, high_held = wilson(buyers["held out"], sizes["held out"])
    low = difference - math.hypot(rates["treated"] - low_treated, high_held - rates["held out"])
    high = difference + math.hypot(high_treated - rates["treated"], rates["held out"] - low_held)
    assert purchase.interval_low == pytest.approx(low)
    assert purchase.interval_high == pytest.approx(high)
    assert purchase.interval_low < 0.3 < purchase.interval_high
    assert purchase.finding == "higher"
    assert purchase.total_effect == pytest.approx(difference * sizes["treated"])

    revenue = lift.loc["revenue"]
    spent = {
        group: [AMOUNT] * buyers[group] + [0] * (sizes[group] - buyers[group]) for group in sizes
    }
    welch = stats.ttest_ind(spent["treated"], spent["held out"], equal_var=False)
    assert revenue.difference == pytest.approx(AMOUNT * difference)
    assert (revenue.interval_low, revenue.interval_high) == pytest.approx(
        tuple(welch.confidence_interval()), rel=1e-6
    )
    assert revenue.finding == "higher"

    # Who bought is in time again.
    assert lift.loc["churn"].difference < 0

    # Nobody responded to a campaign since.
    response = lift.loc["response"]
    assert (response.difference, response.finding) == (0, "no difference shown")


@pytest.mark.long
def test_the_groups_are_as_planned(campaign: tuple[Warehouse, Path]) -> None:
    warehouse, _ = campaign
    ((assigned, held_out, p_value, verdict),) = warehouse.query(
        "select distinct assigned_customers, assigned_to_holdout, sample_ratio_p_value,"
        " sample_ratio_verdict from marts.rpt_campaign_lift"
    )
    expected = [0.4 * assigned, 0.6 * assigned]
    tested = stats.chisquare([held_out, assigned - held_out], expected)
    assert p_value == pytest.approx(tested.pvalue, abs=2e-7)
    assert verdict == "as planned"


@pytest.mark.long
def test_files_that_are_no_assignments_stop_a_build(
    campaign: tuple[Warehouse, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    warehouse, _ = campaign
    (tmp_path / "other.parquet").write_bytes(b"no")
    monkeypatch.setenv("SEGMENTATION_ASSIGNMENTS", str(tmp_path))
    done = warehouse.dbt(
        "build", "--select", "stg_audiences__assignments", dataset="sample", as_of=LATER, **QUICK
    )
    assert done.returncode != 0
    assert f"{tmp_path}/other.parquet is no Parquet file that can be read" in done.stdout


@pytest.mark.long
def test_a_folder_without_assignments_is_said_and_builds(
    campaign: tuple[Warehouse, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    warehouse = campaign[0].copy(tmp_path)
    folder = tmp_path / "[none] 'yet' *"
    monkeypatch.setenv("SEGMENTATION_ASSIGNMENTS", str(folder))
    shown = warehouse.build(
        *("--select", "stg_audiences__assignments+", *NO_UNIT_TESTS),
        dataset="sample",
        as_of=LATER,
        **QUICK,
    )
    assert "which holds no assignments: no campaign is measured." in shown
    assert warehouse.query("select count(*) from marts.rpt_campaign_lift") == [(0,)]
    folder.mkdir()
    source = campaign[1].parent / "assignments" / "second_visit-0001.parquet"
    (folder / source.name).write_bytes(source.read_bytes())
    warehouse.build(
        *("--select", "stg_audiences__assignments", *NO_UNIT_TESTS),
        dataset="sample",
        as_of=LATER,
        **QUICK,
    )
    assert warehouse.query("select count(*) > 100 from staging.stg_audiences__assignments") == [
        (True,)
    ]
