"""What figures of the page say: their titles, notes and warnings."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_marts import ReportMarts
from report_pages import assert_sound, figure_of, figures, page
from report_shop import a_shop
from segmentation.report.content import CardGroup, Figure, Page, Section
from segmentation.report.page import html_of
from segmentation.report.sections.cards import cards
from segmentation.report.sections.conversion import conversion
from segmentation.report.sections.expected_value import expected_value
from segmentation.report.sections.prospects import prospects
from segmentation.report.sections.sizes import sizes
from segmentation.report.sections.sources import sources
from segmentation.report.sections.who_they_are import people

NAMES = ["Loyal", "At Risk", "New"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> ReportMarts:
    return a_shop(tmp_path_factory.mktemp("shop") / "segments.duckdb", NAMES)


def test_the_forecast_of_lifetime_value(shop: ReportMarts) -> None:
    of = page(shop, expected_value)
    (section,) = of.sections
    assert section.introduction == "Over 2 quarters its error was 9, that of the last 90 days 10."
    by_name = {figure.name: figure for figure in section.figures}
    expected = by_name["expected-value"]
    assert expected.title == (
        "30 of 60 customers are expected to be customers still; the next 90 days are expected to"
        " bring 930, and the last 90 brought 1,215"
    )
    assert expected.note.startswith("In 365 days 3,600 are expected of today's customers;")
    assert (expected.title, "expected-value") in of.highlights
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


@pytest.mark.long
def test_expected_losses_say_what_they_rest_on(tmp_path: Path) -> None:
    for place, (by, unit) in enumerate({"forecast": 90, "rhythm": 90, "": 91}.items()):
        marts = a_shop(
            tmp_path / f"{place}.duckdb", NAMES, without=() if by else ("rpt_value_at_risk",)
        )
        if by:
            marts.run(f"update marts.rpt_value_at_risk set expected_loss_by = '{by}'")
        losses = figure_of(marts, sizes, "value-expected-loss")
        assert f"{unit} days" in losses.note
        assert ("forecast" in losses.note) == (by == "forecast")
        assert losses.table is not None
        assert losses.table.columns[1].label == f"expected loss, next {unit} days"


def test_a_forecast_that_loses_to_the_simple_rule(tmp_path: Path) -> None:
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    marts.run("update marts.rpt_lifetime_value_model set loses_to_last_period = true")
    of = page(marts, cards, expected_value)
    assert_sound(of)
    section = next(section for section in of.sections if section.name == "lifetime-value")
    assert section.introduction.startswith("Do not rely on this forecast. Over 2 quarters")
    assert section.figures[0].title.startswith("Do not rely on the forecast. 30 of 60 customers")


def test_no_model_of_lifetime_value(tmp_path: Path) -> None:
    """Only the sentence that says why."""
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    why = "Nobody bought twice: there is nothing to learn from."
    marts.run(f"update marts.rpt_lifetime_value_model set why_none = '{why}'")
    of = page(marts, cards, expected_value)
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
    of = page(marts, cards, expected_value)
    assert_sound(of)
    expected = next(figure for figure in figures(of) if figure.name == "expected-value")
    assert expected.title.endswith(
        "are expected to bring 90 purchases, and the last 90 brought 120"
    )
    assert expected.note == "Spends are too little known to forecast revenue."


@pytest.mark.long
def test_rows_of_ones_own_files_are_accounted_for(shop: ReportMarts, tmp_path: Path) -> None:
    rows = figure_of(shop, sources, "source-rows")
    assert rows.title == "Of 11 rows of your files, the mapping left out 2"
    assert rows.table is not None
    assert list(rows.table.rows["outcome"]) == ["accepted", "guest order"]
    data_set = a_shop(tmp_path / "segments.duckdb", NAMES)
    data_set.run("delete from marts.rpt_source_rows")
    assert "source-rows" not in {figure.name for figure in figures(page(data_set, sources))}


def test_a_revenue_share_that_is_not_known(tmp_path: Path) -> None:
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    marts.run(
        "update marts.rpt_segment_value set revenue_share = null where segment_slug = 'loyal'"
    )
    of = page(marts, cards, sizes)
    assert_sound(of)
    shares = next(figure for figure in figures(of) if figure.name == "value-sizes")
    assert shares.title.startswith("Value: At Risk customers are 33.3% of all and bring 33.3%")


def test_segments_of_which_nobody_is(marts: ReportMarts) -> None:
    marts.add_segments(["Loyal", "Gone"], customers=[5, 0])
    group = page(marts, cards).sections[0].groups[0]
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
    shown = figure_of(marts, people, "profile-profession")
    assert shown.title == title


def test_the_page_says_how_many_customers_are_in_no_segment(marts: ReportMarts) -> None:
    marts.add_segments(["Gold", "Unassigned"], "profile", customers=[1, 3])
    of = page(marts, cards, sizes)
    said = "3 of 4 customers (75.0%, 75.0% of the revenue) are in no segment"
    (group,) = (group for group in of.sections[0].groups if group.title == "Profile")
    assert group.note.startswith(said)
    (shares,) = (figure for figure in figures(of) if figure.name == "profile-sizes")
    assert shares.note.startswith(said)


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
    age = figure_of(marts, people, "profile-age")
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
    backtest = figure_of(marts, sources, "loss-backtest")
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
    table = figure_of(marts, conversion, "conversion-rate-age-group").table
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
    of = page(marts, cards)
    (group,) = (group for group in of.sections[0].groups if group.title == "Prospects")
    assert said in group.note
    assert [card.name for card in group.cards] == ["Loyal"]
    assert group.note.endswith("Nobody is expected in Lost.")


@pytest.mark.long
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
    of = page(marts, cards, prospects)
    assert_sound(of)
    titles = {figure.name: figure.title for figure in figures(of)}
    says = "Do not rely on these predictions: they are no better than the most frequent segment"
    for name in ("expected-prospects", "classifiers"):
        assert titles[name].startswith(says) == doubted
        assert "majority" not in titles[name]
    assert any(title.startswith(says) for title, _ in of.highlights) == doubted
    assert of.sections[0].groups[2].note.startswith(says) == doubted


@pytest.mark.long
def test_the_segments_are_those_that_the_data_give(tmp_path: Path) -> None:
    """Nobody is new there, and nobody becomes anything."""
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    at_age = page(marts, cards, prospects)
    titles = {section.name: section.title for section in at_age.sections}
    assert titles["prospects"] == "Which segment new customers are expected to be in"
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
    of = page(marts, cards, prospects)
    assert_sound(of)
    titles = {figure.name: figure.title for figure in figures(of)}
    assert titles["expected-prospects"].startswith("Of 100 people without a segment, 20 are")
    assert ("100", "people with a predicted segment") in of.key_figures
    (section,) = (section for section in of.sections if section.name == "prospects")
    assert section.title == "Who belongs to which of your segments"
    assert "becom" not in " ".join(figure.title + figure.note for figure in section.figures)


@pytest.mark.long
def test_no_more_right_than_with_one_segment_for_everybody(tmp_path: Path) -> None:
    marts = a_shop(tmp_path / "segments.duckdb", ["Loyal", "Lost"])
    marts.run(
        "update marts.rpt_confusion_matrix set customers ="
        " case when actual = 'lost' then 1 when predicted = 'loyal' then 5 else 2 end"
    )
    assert figure_of(marts, prospects, "confusion").title == (
        "66.7% are predicted correctly, no more than with Loyal for everybody: 77.8%"
    )


def test_rows_of_erased_customers_are_told_from_rejected_ones(shop: ReportMarts) -> None:
    assert figure_of(shop, sources, "rows-read").title == (
        "Of 11 rows read, 1 were rejected, and 2 are of erased customers"
    )


def test_rows_left_out_before_are_told_from_rejected_ones(tmp_path: Path) -> None:
    """Where the mapping left rows out, "all rows were accepted" alone contradicts it."""
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    assert figure_of(marts, sources, "rows-read").note == (
        "The mapping had left out 2 rows of your files before: they are not among these 11."
    )
    marts.run("update marts.rpt_rows_read set rows_rejected = 0, rows_suppressed = 0")
    marts.run("delete from marts.rpt_reject_reasons")
    read = figure_of(marts, sources, "rows-read")
    assert read.title == (
        "All 11 rows made of your files were accepted; the mapping had left out 2 before"
    )
    assert read.note == ""
    reasons = figure_of(marts, sources, "reject-reasons")
    assert reasons.title == "Why rows were rejected"
    assert reasons.absent_because == (
        "No row was rejected after the mapping. The rows that the mapping left out (2) stand"
        " above with their reasons."
    )
    marts.run("update marts.rpt_source_rows set is_accepted = true")
    assert figure_of(marts, sources, "rows-read").title == (
        "All 11 rows that were read were accepted"
    )
    assert figure_of(marts, sources, "reject-reasons").absent_because == "No row was rejected."


def test_expected_losses_say_of_which_day_they_are(marts: ReportMarts) -> None:
    """They are of one day; the shares in the part about lifetime value are averages of several."""
    marts.add_segments(["Loyal"])
    for fifth, held in ((1, 0.6), (2, 0.4)):
        marts.add(
            "rpt_expected_loss_backtest",
            {
                "fifth": fifth,
                "share_of_actual_loss": held,
                "share_by_run_rate": 0.5,
                "expected_loss_by": "forecast",
                "forecast_as_of": "2025-09-30",
            },
        )
    of_forecast = figure_of(marts, sources, "loss-backtest")
    assert of_forecast.title == (
        "After 2025-09-30, the fifth with the highest expected loss held 60.0% of what was lost;"
        " the fifth that spends most held 50.0%"
    )
    assert "averages over all days" in of_forecast.note
    marts.run("update marts.rpt_expected_loss_backtest set expected_loss_by = 'rhythm'")
    assert "own rhythm" in figure_of(marts, sources, "loss-backtest").note


def test_shares_of_losses_say_over_which_days_they_are_averages(tmp_path: Path) -> None:
    marts = a_shop(tmp_path / "segments.duckdb", NAMES)
    marts.run(
        "update marts.rpt_lifetime_value_model set forecast_because = 'The fifth of customers with"
        " the largest expected losses held 48% of what was lost, the fifth who brought most 35%:"
        " priorities are set by it.', notes = 'Too narrow.'"
    )
    held = (
        "fifth of customers with the largest expected losses held 48% of what was lost, the fifth"
        " who brought most 35%: priorities are set by it."
    )
    (section,) = page(marts, expected_value).sections
    assert section.introduction == (
        f"The {held} The shares are those of the forecast made as of 2025-09-30. Too narrow."
    )
    marts.run(
        "update marts.rpt_value_forecast_accuracy set is_in_use = true"
        " where forecast_method = 'purchase model' and forecast_on = '2025-06-30'"
    )
    (section,) = page(marts, expected_value).sections
    assert section.introduction == (
        f"On average, the {held} The shares are averages over the forecasts made as of 2025-06-30"
        " and 2025-09-30; Data and models shows those of the newest one alone. Too narrow."
    )


def test_what_is_true_or_false_is_yes_or_no(shop: ReportMarts) -> None:
    table = figure_of(shop, expected_value, "forecast-deciles").table
    assert table is not None
    place = [column.name for column in table.columns].index("is_covered")
    assert [row[place] for row in table.cells][-2:] == [("True", "yes"), ("False", "no")]


@pytest.mark.long
def test_words_of_analysts_are_not_on_the_page(shop: ReportMarts) -> None:
    """Those of the tables' descriptions apart."""
    html = html_of(page(shop)).split('<section id="tables"')[0]
    for word in ("RMSE", "likelihood", "become", "there is no model yet"):
        assert word not in html


def test_what_stands_between_backticks_is_code() -> None:
    """In all sentences; a text of the data stays a text."""
    section = Section(
        "part",
        "Part",
        introduction="`one`",
        groups=[CardGroup("Value", "Why?", [], absent_because="`two`")],
        figures=[Figure("shown", "Title", "dim_segments", absent_because="`three` <b> & `four`")],
    )
    html = html_of(
        Page("Page", "", [], [], ["`five`"], [section], [("dim_segments", "`six`", "0")])
    )
    assert "`" not in html
    for word in ("one", "two", "three", "four", "five", "six"):
        assert f"<code>{word}</code>" in html
    assert "<code>three</code> &lt;b&gt; &amp; <code>four</code>" in html


@pytest.mark.long
def test_a_segment_with_a_colon_in_its_name_is_quoted(tmp_path: Path) -> None:
    marts = a_shop(tmp_path / "segments.duckdb", ["Loyal", "Loyal: longer history"])
    titles = {figure.name: figure.title for figure in figures(page(marts))}
    said = "Customers in \u201cLoyal: longer history\u201d "
    assert titles["value-frequency"].startswith(f"{said}come most often: median 6 purchases")
    assert titles["value-length-days"].startswith(f"{said}bought over the longest time: median 6")


def test_the_highest_rate_names_its_group(shop: ReportMarts) -> None:
    titles = {figure.name: figure.title for figure in figures(page(shop, conversion))}
    assert titles["conversion-rate-age-group"] == (
        "Conversion rate is highest in the age group 30-39: 0.70%"
    )
    assert titles["response-rate-value"].startswith("Response rate is highest in the segment New")
