"""The whole page: of a shop, of shops in which much is missing, and of any names."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import altair as alt
import pytest
from altair.utils.schemapi import SchemaValidationError
from report_marts import ReportMarts
from report_pages import Read, absent, assert_sound, figures, page
from report_shop import a_shop
from segmentation.published.marts_schema import MartsNotFoundError
from segmentation.report import theme
from segmentation.report.content import Page
from segmentation.report.page import html_of
from segmentation.report.sections.cards import cards

MAP = "rpt_segment_projection"
NAMES = ["Loyal", "At Risk", "New"]
TRICKY = ['<b>Loyal & "co"</b>', "it's </script> 🙂", '"; drop table x; --']

# dim_segments is what a file is known by.
READ = (
    *("dim_customers", "fct_customer_segments", "fct_customer_value_forecast"),
    *("rpt_algorithm_comparison", "rpt_classifier_calibration"),
    *("rpt_lifetime_value_curves", "rpt_lifetime_value_model"),
    *("rpt_value_at_risk", "rpt_value_forecast_accuracy"),
    *("rpt_classifier_metrics", "rpt_confusion_matrix", "rpt_conversion"),
    *("rpt_expected_loss_backtest", "rpt_feature_correlations", "rpt_feature_distributions"),
    *("rpt_feature_importance", "rpt_k_selection", "rpt_model_history"),
    *("rpt_prospect_distribution", "rpt_reject_reasons", "rpt_rows_read"),
    *("rpt_segment_preferences", "rpt_segment_profiles", "rpt_segment_projection"),
    *("rpt_segment_value", "rpt_source_rows", "rpt_warnings"),
    *("fct_customer_segment_history", "fct_segment_migrations", "rpt_drift", "rpt_retention"),
    *("fct_segment_events", "rpt_challenger_comparison", "rpt_model_gates"),
)

# Read beside others: no figure is from them alone.
READ_ASIDE = {
    *("fct_customer_segments", "fct_customer_segment_history"),
    *("rpt_lifetime_value_model", "rpt_warnings", "rpt_model_gates"),
}


def about_customers(of: Page) -> Page:
    """Return a page of the figures from tables that have a row per customer."""
    return replace(
        of,
        sections=[
            replace(
                section,
                figures=[f for f in section.figures if f.mart in {"dim_customers", MAP}],
            )
            for section in of.sections
        ],
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> ReportMarts:
    return a_shop(tmp_path_factory.mktemp("shop") / "segments.duckdb", NAMES)


@pytest.fixture(scope="module")
def known(shop: ReportMarts) -> Page:
    """Return the page of the shop of which everything is known."""
    return page(shop)


@pytest.fixture(scope="module")
def html(known: Page) -> str:
    return html_of(known)


def test_a_shop_of_which_everything_is_known(known: Page) -> None:
    assert_sound(known)
    assert absent(known) == {}
    assert known.title == "Customer segments: sample"
    assert known.subtitle == "As of 2025-12-31"
    assert known.key_figures == [
        ("60", "customers"),
        ("6,030", "revenue in the window"),
        ("3", "segments by value"),
        ("3", "segments by profile"),
        ("100", "new customers with a forecast"),
    ]
    assert {name for name, _, _ in known.marts} == {"dim_segments", *READ} - READ_ASIDE
    assert all(description for _, description, _ in known.marts)


@pytest.mark.long
@pytest.mark.parametrize("first", range(4))
def test_a_file_without_some_marts(tmp_path: Path, first: int) -> None:
    """An older file lacks them: what they would show is left out, and the page says so."""
    missing = set(READ[first::4])
    of = page(a_shop(tmp_path / "segments.duckdb", NAMES, without=sorted(missing)))
    assert_sound(of)
    for figure in figures(of):
        reason = f"The file has no table {figure.mart}: an older version built it, or the build was"
        expected = f"{reason} of a part. Build again." if figure.mart in missing else ""
        assert figure.absent_because == expected, figure.name
    assert missing & {name for name, _, _ in of.marts} == set()


def test_a_file_with_nothing_but_the_names_of_segments(tmp_path: Path) -> None:
    of = page(a_shop(tmp_path / "segments.duckdb", NAMES, without=READ))
    assert_sound(of)
    html = html_of(of)
    read = Read(html)
    assert [link for link in read.links if link.startswith("#") and link[1:] not in read.ids] == []
    assert "Loyal" in html


def test_nobody_is_there(marts: ReportMarts) -> None:
    of = page(marts)
    assert_sound(of)
    assert set(absent(of)) == {figure.name for figure in figures(of)}
    assert of.title == "Customer segments: no customers"
    assert of.key_figures == [("0", "customers")]
    assert Read(html_of(of)).tags["svg"] == 0


def test_everybody_is_unassigned(marts: ReportMarts) -> None:
    for segmentation in ("value", "profile", "prospects"):
        marts.add_segments(["Unassigned"], segmentation, revenue=False)
    of = page(marts)
    assert_sound(of)
    assert absent(of)["value-sizes"] == "Nobody is in a segment."
    groups = of.sections[0].groups
    assert [len(group.cards) for group in groups] == [0, 0, 0]


@pytest.mark.long
def test_one_segment(tmp_path: Path) -> None:
    of = page(a_shop(tmp_path / "segments.duckdb", ["Only"]))
    assert_sound(of)
    assert absent(of) == {}
    titles = {figure.name: figure.title for figure in figures(of)}
    assert titles["value-frequency"] == "All segments have the same frequency: 5"
    assert titles["confusion"] == "100.0% are predicted correctly"


def test_no_orders(marts: ReportMarts) -> None:
    """People are known, purchases are not."""
    marts.add_segments(NAMES, "profile", revenue=False)
    of = page(marts)
    assert_sound(of)
    assert {"value-sizes", "profile-potential", "profile-expected-loss"} <= set(absent(of))
    sizes = next(figure for figure in figures(of) if figure.name == "profile-sizes")
    assert sizes.title == "Profile: 50.0% are Loyal"
    assert sizes.note == "The data has no purchases: there is no revenue to compare."


@pytest.mark.long
def test_no_prospects(tmp_path: Path) -> None:
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    marts.run("delete from marts.rpt_prospect_distribution")
    marts.run("delete from marts.dim_segments where segmentation = 'prospects'")
    of = page(marts)
    assert_sound(of)
    assert set(absent(of)) == {"expected-prospects"}
    assert of.sections[0].groups[2].absent_because == (
        "There are no new customers, or no classifier to predict their segments."
    )


@pytest.mark.parametrize(
    ("project", "name"),
    [("nordlicht_shop", "nordlicht shop"), ("segmentation", "warehouse"), (None, "warehouse")],
)
def test_data_of_ones_own_is_called_by_its_project(
    marts: ReportMarts, project: str | None, name: str
) -> None:
    marts.add_segments(NAMES)
    marts.run("update marts.dim_segments set dataset = 'warehouse'")
    marts.add("rpt_builds", {"run_number": 1, "is_latest": False, "project_name": "other"})
    marts.add("rpt_builds", {"run_number": 2, "is_latest": True, "project_name": project})
    assert page(marts, cards).title == f"Customer segments: {name}"


@pytest.mark.long
def test_customers_who_are_in_no_dense_group(tmp_path: Path) -> None:
    """Their row comes last and names no finding."""
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    marts.add_segments(["Unassigned"], "profile", customers=[500])
    of = page(marts)
    assert_sound(of)
    sizes = next(figure for figure in figures(of) if figure.name == "profile-sizes")
    assert sizes.table is not None
    assert list(sizes.table.rows["segment_name"]) == [*NAMES, "Unassigned"]
    assert "Unassigned" not in sizes.title
    cards = of.sections[0].groups[1].cards
    assert [card.name for card in cards] == NAMES


def test_a_segment_has_one_colour_on_its_card_and_on_the_map(known: Page) -> None:
    (cards,) = (group.cards for group in known.sections[0].groups if group.title == "Value")
    places = {card.name: card.place for card in cards}
    (value_map,) = (figure for figure in figures(known) if figure.name == "value-map")
    scale = value_map.pictures[0].chart["layer"][0]["encoding"]["color"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True)) == {
        name: theme.segment_colour(place) for name, place in places.items()
    }


@pytest.mark.long
def test_thirty_segments(tmp_path: Path) -> None:
    names = [f"Customers of quarter number {place}" for place in range(30)]
    of = page(a_shop(tmp_path / "segments.duckdb", names))
    assert_sound(of)
    html = html_of(of)
    assert len(html.encode()) < 1_000_000
    assert Read(html).tags["li"] > 90
    confusion = next(figure for figure in figures(of) if figure.name == "confusion")
    assert confusion.table is not None
    assert len(confusion.table.rows) == 900
    assert "The 12 most frequent of 30 segments; the table has all." in confusion.note


@pytest.mark.long
def test_any_names(tmp_path: Path) -> None:
    of = page(a_shop(tmp_path / "segments.duckdb", TRICKY))
    assert_sound(of)
    # A few charts tell as much as all: those of sizes, and the maps.
    shown = [section for section in of.sections if section.name in {"segments", "sizes", "maps"}]
    read = Read(html_of(replace(of, sections=shown)))
    assert read.tags["script"] == read.tags["img"] == 0
    # The key figures and the cards have the page's only bold texts.
    assert read.tags["b"] == len(of.key_figures)
    assert set(TRICKY) <= set(read.texts)


@pytest.mark.long
def test_charts_are_what_vega_lite_reads(known: Page) -> None:
    """One of each kind: a page is drawn without looking each part up in the schema."""
    kinds = {}
    for figure in figures(known):
        for picture in figure.pictures:
            spec = picture.chart.to_dict(validate=False)
            kinds[tuple(str(part["mark"]) for part in spec.get("layer", [spec]))] = picture.chart
    assert len(kinds) >= 10
    for chart in kinds.values():
        chart.to_dict()
    wrong = alt.Chart(alt.InlineData([])).mark_bar()
    wrong.encoding = {"x": {"feild": "value"}}
    with pytest.raises(SchemaValidationError):
        wrong.to_dict()


@pytest.mark.long
def test_the_page_needs_nothing_else_and_its_links_lead_somewhere(html: str) -> None:
    read = Read(html)
    assert {link for link in read.links if not link.startswith("#")} == {"data:,"}
    assert [link for link in read.links if link.startswith("#") and link[1:] not in read.ids] == []
    assert [name for name, count in Counter(read.ids).items() if count > 1] == []
    assert read.tags["script"] == 0
    assert read.tags["h1"] == 1


@pytest.mark.long
def test_the_same_marts_make_the_same_page(shop: ReportMarts, html: str) -> None:
    assert html_of(page(shop)) == html


def test_warnings_are_on_top(known: Page, tmp_path: Path) -> None:
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    marts.add(
        "rpt_warnings",
        {"warning_number": 2, "message": "Second <x>.", "what_to_do": "Do that."},
        {"warning_number": 1, "message": "First.", "what_to_do": "Do this."},
    )
    assert known.warnings == []
    of = page(marts, cards)
    assert of.warnings == ["First. Do this.", "Second <x>. Do that."]


@pytest.mark.long
def test_many_customers_make_no_larger_page(known: Page, tmp_path: Path) -> None:
    """The marts that grow with customers are counted or shown in part."""
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    few = len(html_of(about_customers(known)))
    marts.run(
        """
        insert into marts.dim_customers (customer_id, age, marital_status, as_of)
        select 'D' || range, 20 + range % 60, ['married', 'single'][1 + range % 2], '2025-12-31'
        from range(20_000)
        """
    )
    marts.run(
        """
        insert into marts.fct_customer_segments (segmentation, customer_id, segment_slug)
        select 'value', 'D' || range, 'loyal' from range(20_000)
        """
    )
    marts.run(
        """
        insert into marts.rpt_segment_projection
            (segmentation, point_kind, customer_id, segment_slug, segment_name, x, y)
        select 'value', 'customer', 'D' || range, 'loyal', 'Loyal', range % 97, range % 89
        from range(20_000)
        """
    )
    of = page(marts)
    assert of.key_figures[0] == ("20,060", "customers")
    # A point is a path of some 200 letters.
    assert len(html_of(about_customers(of))) - few < 200_000


def test_a_file_of_another_version_says_so(tmp_path: Path) -> None:
    shop = a_shop(tmp_path / "segments.duckdb", NAMES)
    shop.run("alter table marts.dim_segments drop column expected_customers")
    with pytest.raises(MartsNotFoundError, match="another version of the project built it"):
        page(shop)
    shop.run("create macro marts.score_value_person() as 1; drop table marts.dim_segments")
    with pytest.raises(MartsNotFoundError, match="no table dim_segments"):
        page(shop)
