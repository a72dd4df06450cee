"""The part of the page about time: who moved, sizes, retention, drift."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_marts import ReportMarts
from report_moves import add_moves
from report_refits import CHALLENGER, CURRENT_FIT, add_challenger, add_events
from report_shop import a_shop
from segmentation.published.segment_moves import ONE_DAY
from segmentation.report import model_figures, move_figures, theme
from segmentation.report.content import Figure, Section
from segmentation.report.page import html_of, page_of
from segmentation.report.sections.changes import changes

NAMES = ["Loyal", "At Risk", "New"]


def section(marts: ReportMarts) -> Section:
    with marts.opened() as opened:
        return changes(opened)


def figure(marts: ReportMarts, name: str) -> Figure:
    (found,) = [found for found in section(marts).figures if found.name == name]
    return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> ReportMarts:
    return a_shop(tmp_path_factory.mktemp("shop") / "segments.duckdb", NAMES)


def test_the_news_is_said_first(shop: ReportMarts) -> None:
    assert [(found.name, found.title) for found in section(shop).figures] == [
        ("value-moves", "17 of 79 customers moved since 2025-10-31; most from New to Loyal (7)"),
        (
            "value-sizes-over-time",
            "Since 2025-08-31, At Risk shrank from 35.7% to 31.2% of the customers",
        ),
        (
            "value-challenger",
            "A newer model of value, fitted as of 2025-12-31, is not used: with it, 10 of 70"
            " customers would move",
        ),
        (
            "retention",
            "Of those who first bought in 2025-10, 50.0% bought again in the month after; of"
            " those who first bought in 2025-09, 50.0%",
        ),
        (
            "value-events",
            "Value: at the refit of 2025-10-31, New emerged, with 30 customers; 1 segment"
            " survived",
        ),
        (
            "drift",
            "2 of 3 figures drifted: missing values of income (profile), recency_days (value); 1"
            " more by construction",
        ),
    ]  # fmt: skip
    with shop.opened() as opened:
        highlights = dict(page_of(opened, [changes]).highlights)
    assert "value-moves" in highlights.values()


def test_sizes_of_each_day_come_from_the_moves(shop: ReportMarts) -> None:
    """The sizes of the first day come from its departures, those of other days from arrivals."""
    table = figure(shop, "value-sizes-over-time").table
    assert table is not None
    sizes = table.rows.pivot_table(index="segment_name", columns="as_of", values="customers")
    assert sizes.to_numpy().tolist() == [[25, 25, 25], [35, 30, 40], [10, 15, 15]]
    assert table.rows.groupby("as_of")["share"].sum().tolist() == pytest.approx([1, 1, 1])


@pytest.mark.long
def test_a_renamed_cluster_is_no_news_of_sizes(tmp_path: Path) -> None:
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    largest = "where segmentation = 'value' and migration = 'moved' and customers = 7"
    marts.run(f"update marts.fct_segment_migrations set migration = 'renamed' {largest}")
    sizes = figure(marts, "value-sizes-over-time")
    assert sizes.title == "Since 2025-08-31, At Risk shrank from 35.7% to 31.2% of the customers"
    assert sizes.note.startswith(
        "Names changed without moves, most of all on 2025-12-31: 7 customers went from New to Loyal"
        " because their cluster was renamed."
    )
    marts.run(
        "update marts.fct_segment_migrations set migration = 'renamed' where migration = 'moved'"
    )
    assert figure(marts, "value-sizes-over-time").title == (
        "Since 2025-08-31, names of all segments changed: compare moves, not sizes"
    )


def test_who_came_and_went_is_in_the_note(shop: ReportMarts) -> None:
    found = figure(shop, "value-moves")
    assert "3 came into the data. 2 left it." in found.note
    assert "Another model" not in found.note
    assert found.table is not None
    assert found.table.rows["migration"].tolist()[0] == "moved"
    assert len(found.table.rows) == 8


def test_one_observed_day_is_a_sentence(tmp_path: Path) -> None:
    """There is no picture of moves, and it says what to do."""
    marts = ReportMarts(tmp_path / "segments.duckdb")
    marts.add_segments(NAMES)
    add_moves(marts, NAMES, days=("2025-12-31",))
    found = [found for found in section(marts).figures if found.mart == "fct_segment_migrations"]
    assert [found.absent_because for found in found] == [f"Only 2025-12-31 was observed. {ONE_DAY}"]
    assert "No whole month" in figure(marts, "retention").absent_because


@pytest.mark.long
def test_nothing_drifted_is_a_sentence(tmp_path: Path) -> None:
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    marts.run("update marts.rpt_drift set is_alarm = false")
    found = section(marts)
    assert found.introduction == "Nothing drifted: 3 figures measured, none beyond chance."
    assert "drift" not in {figure.name for figure in found.figures}
    marts.run("delete from marts.rpt_drift")
    assert section(marts).introduction == ""
    assert "nothing to compare with" in figure(marts, "drift").absent_because


def test_segments_that_are_no_more_keep_a_name_and_get_a_colour(tmp_path: Path) -> None:
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    marts.add(
        "fct_segment_migrations",
        {
            "segmentation": "value",
            "previous_as_of": "2025-10-31",
            "as_of": "2025-12-31",
            "migration": "moved",
            "from_segment_slug": "old",
            "from_segment_name": "Older <one>",
            "to_segment_slug": "loyal",
            "to_segment_name": "Loyal",
            "customers": 9,
        },
    )
    (picture,) = figure(marts, "value-moves").pictures
    svg = theme.drawn(picture.chart, "label")
    assert "Older &lt;one&gt;" in svg
    assert "var(--segment-3)" in svg


@pytest.mark.long
def test_many_moves_and_days_are_shown_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move_figures, "MOST_RIBBONS", 4)
    monkeypatch.setattr(move_figures, "MOST_DAYS", 2)
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    moves = figure(marts, "value-moves")
    assert moves.table is not None
    assert moves.table.rows["customers"].tolist() == [7, 30, 20, 10]
    assert "The 4 largest of 8 moves are shown." in moves.note
    # Segments are as large as all moves make them.
    svg = theme.drawn(moves.pictures[0].chart, "label")
    assert svg.count('opacity="0.65"') + svg.count('opacity="0.2"') == 4
    assert "At Risk 25" in svg
    assert "no longer in" in svg
    sizes = figure(marts, "value-sizes-over-time")
    assert "The last 2 of 3 observed days." in sizes.note
    assert sizes.title.startswith("Since 2025-10-31")


def test_who_would_move_with_a_model_that_waits(shop: ReportMarts) -> None:
    found = figure(shop, "value-challenger")
    assert found.note == (
        "It failed 1 gate: 80.0% of the customers would keep their segment (gate: 90.0%). To use"
        f' it: segmentation promote {CHALLENGER} --reason "...", then build. Pale ribbons are'
        " customers who would stay."
    )
    assert found.table is not None
    assert found.table.rows["customers"].tolist() == [5, 5, 20, 20, 20]
    svg = theme.drawn(found.pictures[0].chart, "label")
    assert svg.count('opacity="0.65"') == 2
    assert svg.count('opacity="0.2"') == 3
    assert "newer model" in svg


def test_a_model_that_waits_may_know_another_segment(tmp_path: Path) -> None:
    """It gets a colour that no segment of today has."""
    marts = ReportMarts(tmp_path / "segments.duckdb")
    marts.add_segments(NAMES)
    marts.add("rpt_model_history", CURRENT_FIT)
    add_challenger(marts, [*NAMES, "Fourth <one>"])
    svg = theme.drawn(figure(marts, "value-challenger").pictures[0].chart, "label")
    assert "Fourth &lt;one&gt;" in svg
    assert "var(--segment-3)" in svg


def test_the_last_refits_are_shown_newest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_figures, "MOST_REFITS", 2)
    marts = ReportMarts(tmp_path / "segments.duckdb")
    for version, day in enumerate(("2025-03-31", "2025-06-30", "2025-09-30")):
        add_events(
            marts,
            ("split", "Loyal", "Loyal", 70),
            ("split", "Loyal", f"New {version}", 30),
            ("vanished", "Lost", None, 0),
            version=f"value-000{version}",
            as_of=day,
        )
    found = figure(marts, "value-events")
    assert found.title == (
        "Value: at the refit of 2025-09-30, Loyal split in two: 70.0% stayed Loyal and 30.0% are"
        " now New 2; 1 more change; no segment survived"
    )
    assert found.note.startswith(
        "Lost vanished: its 100 customers are spread over other segments. The model before"
    )
    assert found.table is not None
    assert found.table.rows["to_segment_name"].fillna("").tolist() == [
        *("", "Loyal", "New 2", "", "Loyal", "New 1")
    ]


def test_a_refit_that_kept_all_segments_is_a_sentence(tmp_path: Path) -> None:
    marts = ReportMarts(tmp_path / "segments.duckdb")
    marts.add_segments(NAMES)
    add_events(marts, *(("survived", name, name, 90) for name in NAMES))
    found = section(marts)
    assert found.introduction == "Value: the refit of 2025-10-31 kept all 3 segments."
    assert "value-events" not in {figure.name for figure in found.figures}


def test_without_refits_and_without_a_waiting_model_there_is_no_figure(tmp_path: Path) -> None:
    marts = ReportMarts(tmp_path / "segments.duckdb")
    marts.add_segments(NAMES)
    names = {found.name for found in section(marts).figures}
    assert not {name for name in names if name.endswith(("-events", "-challenger"))}


@pytest.mark.long
def test_cohorts_of_few_are_no_news(tmp_path: Path) -> None:
    """All cohorts are told together where the last one has fewer than 30 customers."""
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    marts.run(
        "update marts.rpt_retention set customers = 10, buying_customers = 1"
        " where cohort_month = '2025-10-01' and months_since_first = 1"
    )
    assert figure(marts, "retention").title == (
        "42.0% of those who first bought from 2025-09 to 2025-10 bought again in the month after"
    )
    marts.run("update marts.rpt_retention set is_whole_month = false where months_since_first > 0")
    assert "No whole month" in figure(marts, "retention").absent_because


@pytest.mark.long
def test_customers_of_the_first_month_of_the_data_are_not_new(tmp_path: Path) -> None:
    """They can have been customers before, and come back as old customers do."""
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    marts.run(
        "update marts.rpt_retention set buying_customers = 40, share = 1"
        " where cohort_month = '2025-08-01'"
    )
    found = figure(marts, "retention")
    assert found.title == (
        "Of those who first bought in 2025-10, 50.0% bought again in the month after; of those who"
        " first bought in 2025-09, 50.0%"
    )
    assert "2025-08 is the first month of the data" in found.note
    assert found.table is not None
    assert len(found.table.rows[found.table.rows["cohort_month"].astype(str) < "2025-09"]) == 4
    marts.run("delete from marts.rpt_retention where cohort_month = '2025-10-01'")
    assert figure(marts, "retention").title == (
        "50.0% of those who first bought in 2025-09 bought again in the month after"
    )
    marts.run("delete from marts.rpt_retention where cohort_month = '2025-09-01'")
    assert figure(marts, "retention").title == "How many new customers come back is not known yet"


@pytest.mark.long
def test_the_part_has_its_place_on_the_page(shop: ReportMarts) -> None:
    with shop.opened() as opened:
        html = html_of(page_of(opened, [changes]))
    assert '<a href="#over-time">Over time</a>' in html
    assert '<table id="table-value-moves">' in html
