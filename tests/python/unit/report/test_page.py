"""The whole page: of a shop, of shops in which much is missing, and of any names."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_marts import ReportMarts
from report_shop import a_shop
from segmentation.published.marts_schema import MartsNotFoundError
from segmentation.report import theme
from segmentation.report.content import Figure, Page
from segmentation.report.page import html_of, page_of, write_page

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


def page(marts: ReportMarts) -> Page:
    with marts.opened() as opened:
        return page_of(opened)


def figures(of: Page) -> list[Figure]:
    return [figure for section in of.sections for figure in section.figures]


def absent(of: Page) -> dict[str, str]:
    return {f.name: f.absent_because for f in figures(of) if f.absent_because}


def assert_sound(of: Page) -> None:
    """Everything is shown or says in a sentence why it is not; no finding has a hole."""
    for figure in figures(of):
        if figure.absent_because:
            assert re.fullmatch(r"[A-Z].*[.!]", figure.absent_because), figure.name
            assert not figure.pictures
            assert figure.table is None
        else:
            assert figure.table is not None
            assert len(figure.table.rows), figure.name
        said = " ".join([figure.title, figure.note, figure.absent_because])
        assert not re.search(r"\b(nan|NaN|NaT|None|inf)\b", said), said
    names = Counter(figure.name for figure in figures(of))
    assert [name for name, count in names.items() if count > 1] == []
    groups = [group for section in of.sections for group in section.groups]
    assert len(groups) == 3
    for group in groups:
        assert bool(group.cards) != bool(group.absent_because)


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


class Read(HTMLParser):
    """What a browser reads: elements, identifiers, links, texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for name, value in attrs:
            assert not name.startswith("on"), name
            if name == "id":
                self.ids.append(value or "")
            if name in {"href", "src", "xlink:href"}:
                self.links.append(value or "")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


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


def test_the_forecast_of_lifetime_value(known: Page) -> None:
    section = next(section for section in known.sections if section.name == "lifetime-value")
    assert section.introduction == "Over 2 quarters its error was 9, that of the last 90 days 10."
    by_name = {figure.name: figure for figure in section.figures}
    expected = by_name["expected-value"]
    assert expected.title == (
        "30 of 60 customers are expected to be customers still; the next 90 days are expected to"
        " bring 930, and the last 90 brought 1,215"
    )
    assert expected.note.startswith("In 365 days 3,600 are expected of today's customers;")
    assert (expected.title, "expected-value") in known.highlights
    assert expected.table is not None
    assert list(expected.table.rows["segment_name"]) == NAMES[:2]
    assert list(expected.table.rows["customers"]) == [30, 30]
    still = by_name["still-customers"]
    assert still.title == (
        "20 of 60 customers are at least 90% likely to be customers still; 20 have more likely left"
    )
    risks = by_name["value-at-risk"]
    assert risks.title.startswith("The 10 customers with the largest expected losses hold 16.7%")
    assert risks.table is not None
    assert list(risks.table.rows["customer_id"])[:2] == ["C00", "C01"]
    deciles = by_name["forecast-deciles"]
    assert deciles.title.startswith(
        "As of 2025-09-30, the top tenth of the customers was predicted to bring 220 and brought"
    )
    assert deciles.note == (
        "The interval held for 9 of 10 tenths. Worst is tenth 10: 50.0% too low."
    )
    states = by_name["forecast-states"]
    assert states.title == ("Churn in 90 days from 2025-09-30: 32.5% predicted, 45.0% actual")
    assert states.table is not None
    churn = states.table.rows
    assert list(churn["group_name"]) == ["on time", "late"]
    assert churn["actual"].tolist() == pytest.approx([0.2, 0.7])
    assert churn["lower"].tolist() == pytest.approx([0.0, 0.5])
    assert churn["upper"].tolist() == pytest.approx([0.2, 0.6])
    quarters = by_name["forecast-quarters"]
    assert quarters.title.startswith(
        "Made at the end of 2 earlier quarters, the forecast was 10.0%"
    )
    assert quarters.table is not None
    rows = quarters.table.rows
    assert list(rows["forecast_method"]) == ["purchase model", "combined"]
    assert rows["rmse_of_gradient_boosting"].isna().tolist() == [True, False]
    assert list(rows["is_covered"]) == [True, True]
    assert by_name["fit-by-purchases"].title == (
        "20 customers never came back; the model of purchases expects 22"
    )
    assert by_name["newcomers-still-customers"].title == (
        "Of newcomers, 80.0% are expected to be customers still after 52 weeks"
    )


def test_expected_losses_say_what_they_rest_on(tmp_path: Path) -> None:
    for place, (by, unit) in enumerate({"forecast": 90, "rhythm": 90, "": 91}.items()):
        marts = a_shop(
            tmp_path / f"{place}.duckdb", NAMES, without=() if by else ("rpt_value_at_risk",)
        )
        if by:
            marts.run(f"update marts.rpt_value_at_risk set expected_loss_by = '{by}'")
        losses = next(f for f in figures(page(marts)) if f.name == "value-expected-loss")
        assert f"{unit} days" in losses.note
        assert ("forecast" in losses.note) == (by == "forecast")
        assert losses.table is not None
        assert losses.table.columns[1].label == f"expected loss, next {unit} days"


def test_a_forecast_that_loses_to_the_simple_rule(tmp_path: Path) -> None:
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    marts.run("update marts.rpt_lifetime_value_model set loses_to_last_period = true")
    of = page(marts)
    assert_sound(of)
    section = next(section for section in of.sections if section.name == "lifetime-value")
    assert section.introduction.startswith("Do not rely on this forecast. Over 2 quarters")
    assert section.figures[0].title.startswith("Do not rely on the forecast. 30 of 60 customers")


def test_no_model_of_lifetime_value(tmp_path: Path) -> None:
    """Only the sentence that says why."""
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    why = "Nobody bought twice: there is nothing to learn from."
    marts.run(f"update marts.rpt_lifetime_value_model set why_none = '{why}'")
    of = page(marts)
    assert_sound(of)
    section = next(section for section in of.sections if section.name == "lifetime-value")
    assert (section.introduction, list(section.figures)) == (why, [])
    assert why in html_of(of)


def test_a_forecast_of_purchases_alone(tmp_path: Path) -> None:
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    marts.run(
        "update marts.fct_customer_value_forecast set expected_revenue_90_days = null,"
        " expected_revenue_365_days = null, lifetime_value = null"
    )
    marts.run("update marts.rpt_value_forecast_accuracy set measure = 'purchases'")
    of = page(marts)
    assert_sound(of)
    expected = next(figure for figure in figures(of) if figure.name == "expected-value")
    assert expected.title.endswith(
        "are expected to bring 90 purchases, and the last 90 brought 120"
    )
    assert expected.note == "Spends are too little known to forecast revenue."


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


def test_rows_of_ones_own_files_are_accounted_for(known: Page, tmp_path: Path) -> None:
    (rows,) = (figure for figure in figures(known) if figure.name == "source-rows")
    assert rows.title == "Of 11 rows of your files, the mapping left out 2"
    assert rows.table is not None
    assert list(rows.table.rows["outcome"]) == ["accepted", "guest order"]
    data_set = a_shop(tmp_path / "segments.duckdb", NAMES)
    data_set.run("delete from marts.rpt_source_rows")
    assert "source-rows" not in {figure.name for figure in figures(page(data_set))}


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
    assert page(marts).title == f"Customer segments: {name}"


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


def test_a_revenue_share_that_is_not_known(tmp_path: Path) -> None:
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    marts.run(
        "update marts.rpt_segment_value set revenue_share = null where segment_slug = 'loyal'"
    )
    of = page(marts)
    assert_sound(of)
    sizes = next(figure for figure in figures(of) if figure.name == "value-sizes")
    assert sizes.title.startswith("Value: At Risk customers are 33.3% of all and bring 33.3%")


def test_segments_of_which_nobody_is(marts: ReportMarts) -> None:
    marts.add_segments(["Loyal", "Gone"], customers=[5, 0])
    group = page(marts).sections[0].groups[0]
    assert [card.name for card in group.cards] == ["Loyal"]
    assert group.note == "Nobody is in Gone today."


@pytest.mark.parametrize(
    ("share_of_artists", "customers", "title"),
    [
        (
            *(0.46, 70),
            "Profession is much the same in every segment: Artist is most frequent, 45.0% of all"
            " customers",
        ),
        (0.51, 70, "51.0% of Gold Senior have profession Artist, against 45.0% of all customers"),
        (
            *(0.51, 100),
            "51.0% of Gold Senior (known of 70 of 100) have profession Artist, against 45.0% of all"
            " whose profession is known",
        ),
    ],
)
def test_a_difference_too_small_to_act_on_is_no_finding(
    marts: ReportMarts, share_of_artists: float, customers: int, title: str
) -> None:
    marts.add_segments(["Gold Senior"], "profile", customers=[customers])
    for category, of_segment, of_all in (
        ("Doctor", 1 - share_of_artists, 0.55),
        ("Artist", share_of_artists, 0.45),
    ):
        marts.add(
            "rpt_segment_profiles",
            {
                "segmentation": "profile",
                "segment_slug": "gold_senior",
                "segment_name": "Gold Senior",
                "feature_kind": "category",
                "feature": "profession",
                "category": category,
                "customers_with_value": 40 if category == "Artist" else 30,
                "share": of_segment,
                "share_of_all": of_all,
            },
        )
    (shown,) = (figure for figure in figures(page(marts)) if figure.name == "profile-profession")
    assert shown.title == title


def test_a_segment_has_one_colour_on_its_card_and_on_the_map(known: Page) -> None:
    (cards,) = (group.cards for group in known.sections[0].groups if group.title == "Value")
    places = {card.name: card.place for card in cards}
    (value_map,) = (figure for figure in figures(known) if figure.name == "value-map")
    scale = value_map.pictures[0].chart.to_dict()["layer"][0]["encoding"]["color"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True)) == {
        name: theme.segment_colour(place) for name, place in places.items()
    }


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


def test_the_page_needs_nothing_else_and_its_links_lead_somewhere(html: str) -> None:
    read = Read(html)
    assert {link for link in read.links if not link.startswith("#")} == {"data:,"}
    assert [link for link in read.links if link.startswith("#") and link[1:] not in read.ids] == []
    assert [name for name, count in Counter(read.ids).items() if count > 1] == []
    assert read.tags["script"] == 0
    assert read.tags["h1"] == 1


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
    of = page(marts)
    assert of.warnings == ["First. Do this.", "Second <x>. Do that."]


def test_many_customers_make_no_larger_page(tmp_path: Path) -> None:
    """The marts that grow with customers are counted or shown in part."""
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    few = len(html_of(about_customers(page(marts))))
    marts.run(
        """
        insert into marts.dim_customers (customer_id, age, marital_status, as_of)
        select 'D' || range, 20 + range % 60, ['married', 'single'][1 + range % 2], '2025-12-31'
        from range(200_000)
        """
    )
    marts.run(
        """
        insert into marts.fct_customer_segments (segmentation, customer_id, segment_slug)
        select 'value', 'D' || range, 'loyal' from range(200_000)
        """
    )
    marts.run(
        """
        insert into marts.rpt_segment_projection
            (segmentation, point_kind, customer_id, segment_slug, segment_name, x, y)
        select 'value', 'customer', 'D' || range, 'loyal', 'Loyal', range % 97, range % 89
        from range(200_000)
        """
    )
    of = page(marts)
    assert of.key_figures[0] == ("200,060", "customers")
    # A point is a path of some 200 letters.
    assert len(html_of(about_customers(of))) - few < 200_000


class TestWriting:
    """A page is written whole or not at all."""

    def test_it_replaces_the_page_before(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "folder" / "page.html"
        write_page("one", path)
        write_page("two é", path)
        assert path.read_text(encoding="utf-8") == "two é"
        assert path.stat().st_mode & 0o111 == 0
        assert list(path.parent.iterdir()) == [path]

    def test_a_failure_leaves_the_page_before(self, tmp_path: Path) -> None:
        path = tmp_path / "page.html"
        write_page("one", path)
        with pytest.raises(UnicodeEncodeError):
            write_page("two \ud800", path)
        assert path.read_text(encoding="utf-8") == "one"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_folder_of_that_name(self, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="it is there, and is no file"):
            write_page("one", tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_a_device_is_not_replaced(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with pytest.raises(OSError, match="it is there, and is no file"):
            write_page("one", pipe)
        assert pipe.is_fifo()

    def test_what_a_link_leads_to_is_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "link.html").symlink_to(tmp_path / "page.html")
        write_page("one", tmp_path / "link.html")
        assert (tmp_path / "link.html").is_symlink()
        assert (tmp_path / "page.html").read_text() == "one"

    def test_a_page_keeps_its_permissions(self, tmp_path: Path) -> None:
        path = tmp_path / "page.html"
        before = os.umask(0o077)
        try:
            write_page("one", path)
        finally:
            os.umask(before)
        write_page("two", path)
        assert path.stat().st_mode & 0o777 == 0o600


def test_the_page_says_how_many_customers_are_in_no_segment(marts: ReportMarts) -> None:
    marts.add_segments(["Gold", "Unassigned"], "profile", customers=[1, 3])
    of = page(marts)
    said = "3 of 4 customers (75.0%, 75.0% of the revenue) are in no segment"
    (group,) = (group for group in of.sections[0].groups if group.title == "Profile")
    assert group.note.startswith(said)
    (sizes,) = (figure for figure in figures(of) if figure.name == "profile-sizes")
    assert sizes.note.startswith(said)


def test_of_equal_medians_the_higher_mean_is_named(marts: ReportMarts) -> None:
    """A segment with fewer than thirty known customers is not named."""
    marts.add_segments(["Gold", "Silver", "Few"], "profile")
    for name, customers, median, mean in (
        ("Gold", 30, 50.0, 47.0),
        ("Silver", 30, 50.0, 53.0),
        ("Few", 29, 80.0, 80.0),
    ):
        marts.add(
            "rpt_segment_profiles",
            {
                "segmentation": "profile",
                "segment_slug": name.lower(),
                "segment_name": name,
                "feature_kind": "number",
                "feature": "age",
                "customers_with_value": customers,
                "minimum": 20.0,
                "first_quartile": 30.0,
                "median": median,
                "third_quartile": 85.0,
                "maximum": 90.0,
                "mean": mean,
            },
        )
    (age,) = (figure for figure in figures(page(marts)) if figure.name == "profile-age")
    assert age.title == "Silver customers are the oldest: mean 53 years, against 47 of Gold"


@pytest.mark.parametrize(
    ("held", "by_spend", "warns"), [(0.4, 0.37, False), (0.4, 0.41, True), (0.2, None, True)]
)
def test_a_forecast_that_failed_says_so(
    marts: ReportMarts, held: float, by_spend: float | None, warns: bool
) -> None:
    marts.add_segments(["Loyal"])
    for fifth, share in enumerate((held, 1 - held), start=1):
        marts.add(
            "rpt_expected_loss_backtest",
            {
                "fifth": fifth,
                "customers": 5,
                "expected_loss": 2.0,
                "actual_loss": 1.0,
                "share_of_actual_loss": share,
                "share_by_run_rate": by_spend,
            },
        )
    (backtest,) = (figure for figure in figures(page(marts)) if figure.name == "loss-backtest")
    assert backtest.title.startswith("Do not rely on the expected loss. ") == warns
    assert f"{held:.1%} of what was lost" in backtest.title


def test_age_groups_are_in_the_order_of_ages(marts: ReportMarts) -> None:
    marts.add_segments(["Loyal"])
    for group, age in (("adult", 40), ("unknown", None), ("young", 20)):
        marts.add("dim_customers", {"customer_id": group, "age_group": group, "age": age})
        marts.add(
            "rpt_conversion",
            {
                "grouped_by": "age_group",
                "group_slug": group,
                "group_name": group,
                "contacted_customers": 40,
                "visits": 100,
                "conversion_rate": 0.1,
                "response_rate": 0.1,
            },
        )
    found = {figure.name: figure for figure in figures(page(marts))}
    table = found["conversion-rate-age-group"].table
    assert table is not None
    assert list(table.rows["group_name"]) == ["young", "adult", "unknown"]


@pytest.mark.parametrize(
    ("horizon", "said"),
    [(180, "180 days after the first purchase"), (None, "people whose segment is not known")],
)
def test_a_forecast_says_for_whom_and_when(
    marts: ReportMarts, horizon: int | None, said: str
) -> None:
    marts.add_segments(["Loyal", "Lost"], "prospects", customers=[3, 0])
    for name, expected in (("Loyal", 2.6), ("Lost", 0.4)):
        marts.add(
            "rpt_prospect_distribution",
            {
                "segment_slug": name.lower(),
                "segment_name": name,
                "horizon_days": horizon,
                "prospects": 3,
                "expected_customers": expected,
                "expected_rank": 1,
            },
        )
    of = page(marts)
    (group,) = (group for group in of.sections[0].groups if group.title == "Prospects")
    assert said in group.note
    assert [card.name for card in group.cards] == ["Loyal"]
    assert group.note.endswith("Nobody is expected in Lost.")


@pytest.mark.parametrize(
    ("criterion", "baseline", "error", "doubted"),
    [
        # The winner has 0.6.
        ("log_loss", 0.605, 0.01, True),
        ("log_loss", 0.62, 0.01, False),
        ("log_loss", 0.62, None, False),
        ("log_loss", 0.59, None, True),
        ("macro_f1", 0.59, 0.02, True),
        ("macro_f1", 0.55, 0.02, False),
    ],
)
def test_a_classifier_that_is_no_better_than_the_majority_is_not_trusted(
    tmp_path: Path, criterion: str, baseline: float, error: float | None, doubted: bool
) -> None:
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    written = "null" if error is None else str(error)
    marts.run(
        f"update marts.rpt_classifier_metrics set criterion = '{criterion}',"
        f" standard_error = {written}"
    )
    for metric in ("accuracy", "macro_f1", "log_loss"):
        marts.add(
            "rpt_classifier_metrics",
            {
                "candidate": "majority_class",
                "validation": "grouped",
                "metric": metric,
                "mean": baseline,
                "is_winner": False,
            },
        )
    of = page(marts)
    assert_sound(of)
    titles = {figure.name: figure.title for figure in figures(of)}
    says = "Do not rely on these predictions: they are no better than the most frequent segment"
    for name in ("expected-prospects", "classifiers"):
        assert titles[name].startswith(says) == doubted
        assert "majority" not in titles[name]
    assert any(title.startswith(says) for title, _ in of.highlights) == doubted
    assert of.sections[0].groups[2].note.startswith(says) == doubted


def test_the_segments_are_those_that_the_data_give(tmp_path: Path) -> None:
    """Nobody is new there, and nobody becomes anything."""
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    at_age = page(marts)
    titles = {section.name: section.title for section in at_age.sections}
    assert titles["prospects"] == "What new customers will become"
    marts.run("update marts.rpt_prospect_distribution set horizon_days = null")
    marts.add(
        "rpt_model_history",
        {
            "segmentation": "prospects",
            "is_in_force": True,
            "fitted_at": "2026-01-01 08:00:00",
            "k": 3,
        },
    )
    of = page(marts)
    assert_sound(of)
    titles = {figure.name: figure.title for figure in figures(of)}
    assert titles["expected-prospects"].startswith("Of 100 people without a segment, 20 are")
    assert ("100", "people with a predicted segment") in of.key_figures
    (section,) = (section for section in of.sections if section.name == "prospects")
    assert section.title == "Who belongs to which of your segments"
    assert "becom" not in " ".join(figure.title + figure.note for figure in section.figures)


def test_no_more_right_than_with_one_segment_for_everybody(tmp_path: Path) -> None:
    marts = a_shop(tmp_path / "segments.duckdb", ["Loyal", "Lost"])
    marts.run(
        "update marts.rpt_confusion_matrix set customers ="
        " case when actual = 'lost' then 1 when predicted = 'loyal' then 5 else 2 end"
    )
    titles = {figure.name: figure.title for figure in figures(page(marts))}
    assert titles["confusion"] == (
        "66.7% are predicted correctly, no more than with Loyal for everybody: 77.8%"
    )


def test_a_file_of_another_version_says_so(tmp_path: Path) -> None:
    shop = a_shop(tmp_path / "segments.duckdb", NAMES)
    shop.run("alter table marts.dim_segments drop column expected_customers")
    with pytest.raises(MartsNotFoundError, match="another version of the project built it"):
        page(shop)
    shop.run("create macro marts.score_value_person() as 1; drop table marts.dim_segments")
    with pytest.raises(MartsNotFoundError, match="no table dim_segments"):
        page(shop)


def test_rows_of_erased_customers_are_told_from_rejected_ones(known: Page) -> None:
    found = {figure.name: figure for figure in figures(known)}
    assert found["rows-read"].title == (
        "Of 11 rows read, 1 were rejected, and 2 are of erased customers"
    )
