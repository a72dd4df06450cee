"""What the figures of docs/evidence.md are made of, and names and reasons of planted customers."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from segmentation.clustering.states import STATE_IDS_FROM
from segmentation.playbook.conditions import read_condition

from benchmarks.evidence import (
    __main__ as evidence,
)
from benchmarks.evidence import (
    after_refits,
    page,
    promises,
    ranking,
    refits,
    shops,
    spoken_reasons,
    unchanged,
)
from benchmarks.evidence.customers import PromisedSegment

# Share, purchases, spend of a purchase, usual gap in days, and how late they are now.
KINDS = (
    (0.25, 40.0, 60.0, 8.0, (0.1, 1.2)),
    (0.30, 16.0, 35.0, 20.0, (0.1, 1.5)),
    (0.25, 5.0, 20.0, 45.0, (0.2, 1.8)),
    (0.10, 12.0, 45.0, 15.0, (5.0, 12.0)),
    (0.10, 1.0, 25.0, 40.0, (0.1, 6.0)),
)


def planted_customers(rows: int = 600, seed: int = 5) -> pd.DataFrame:
    """Return large, regular, occasional, late and one-time customers, as int_value_features."""
    random = np.random.default_rng(seed)
    kind = random.choice(len(KINDS), rows, p=[row[0] for row in KINDS])
    late = np.array([row[4] for row in KINDS])[kind]
    purchases = np.maximum(
        random.poisson(np.array([row[1] for row in KINDS])[kind]), np.where(kind == 4, 1, 2)
    ).astype(float)
    purchases[kind == 4] = 1.0
    gap = np.array([row[3] for row in KINDS])[kind] * random.lognormal(0, 0.2, rows)
    overdue = random.uniform(late[:, 0], late[:, 1])
    recency = np.round(np.maximum(gap * overdue, 1))
    length = np.round(gap * (purchases - 1))
    basket = np.array([row[2] for row in KINDS])[kind] * random.lognormal(0, 0.3, rows)
    return pd.DataFrame(
        {
            "customer_id": [f"C{row:04d}" for row in range(rows)],
            "length_days": length,
            "recency_days": recency,
            "frequency": purchases,
            "monetary": np.round(purchases * basket, 2),
            "purchase_days": purchases,
            "tenure_days": length + recency,
            "usual_gap_days": gap,
            "absence_days": np.maximum(recency, 2 * gap),
            "overdue_ratio": overdue,
            "last_return_ratio": np.where(purchases > 1, random.uniform(0.3, 4.0, rows), np.nan),
        }
    )


@pytest.fixture(scope="module")
def features() -> pd.DataFrame:
    return planted_customers()


@pytest.fixture(scope="module")
def fit(features: pd.DataFrame) -> refits.NamedFit:
    return refits.fit_names(features)


@pytest.mark.long
def test_no_reason_opposes_and_no_state_is_contradicted(
    features: pd.DataFrame, fit: refits.NamedFit
) -> None:
    found, segments = fit.applied(features)
    assert {"loyal", "one_time", "at_risk"} <= set(found.segment_slug)
    counted = spoken_reasons.counted_reasons(found, refits.spoken_words())
    assert counted.reasons > len(features)
    assert (counted.opposing, counted.not_read) == (0, 0)
    promised = [
        PromisedSegment(s.segment_slug, "", s.condition, s.segment_id >= STATE_IDS_FROM, "")
        for s in segments
        if s.condition
    ]
    thresholds = {threshold.name: threshold.value for threshold in fit.model.thresholds}
    frame = features.merge(found[["customer_id", "segment_slug"]], on="customer_id")
    contradictions = promises.contradictions(frame, promised, thresholds)
    assert contradictions.of_states > 50
    assert contradictions.in_states == 0


@pytest.mark.long
@pytest.mark.parametrize("kind", refits.CONTAMINATIONS)
def test_few_others_change_beside_contaminated_customers(features: pd.DataFrame, kind: str) -> None:
    assert refits.changed_by_contamination(features, kind) <= 0.03


def test_contamination_replaces_half_a_percent(features: pd.DataFrame) -> None:
    other, is_kept = refits.contaminated(features, "net refunders")
    assert (~is_kept).sum() == 3
    assert (other.monetary[~is_kept] < 0).all()
    pd.testing.assert_frame_equal(other[is_kept], features[is_kept])


@pytest.mark.long
def test_a_resample_of_the_same_customers_is_compared_by_name(features: pd.DataFrame) -> None:
    agreement = refits.bootstrap_agreement(features, resamples=1)
    assert 0.5 < agreement.rand_p10 == agreement.rand_mean <= 1.0
    assert 0.5 < agreement.same_name_p10 <= 1.0


@pytest.mark.parametrize(
    ("text", "opposes"),
    [
        ("spends more: 1,111 spent (typical here 757, all customers 602)", False),
        ("spends more: 600 spent (typical here 757, all customers 602)", True),
        ("spends more: 1,111 spent (typical here 502, all customers 602)", True),
        ("bought more recently: 3 days (typical here 4, all customers 5)", False),
        (
            "keeps to the usual rhythm: usually 6 days between purchases, now 13, 1.1 times"
            " (typical here 0.7, all customers 1.0)",
            True,
        ),
        ("buys less often: 1 purchase (typical here 1, all customers 1)", True),
    ],
)
def test_a_reason_is_read_as_people_read_it(text: str, opposes: bool) -> None:
    reason = spoken_reasons.read_reason(text, refits.spoken_words())
    assert reason is not None
    assert reason.opposes is opposes


def test_what_compares_no_number_is_no_such_reason() -> None:
    words = refits.spoken_words()
    assert spoken_reasons.read_reason("income unknown, taken as 1,000", words) is None
    assert spoken_reasons.read_reason("no feature by itself speaks for this segment", words) is None
    assert spoken_reasons.read_reason("gender f (here 80%, all customers 50%)", words) is None


def test_pairs_are_of_large_segments_whose_names_imply_an_order() -> None:
    def row(promise: str | None, customers: int, churn: float) -> dict[str, object]:
        return {"segment": promise, "promise": promise, "customers": customers, "churn": churn}

    rows = [
        row("loyal", 30, 0.3),
        row("occasional", 30, 0.2),
        row("hibernating", 100, 0.9),
        row("at_risk", 29, 0.1),
        row("lost", 40, 0.95),
        row(None, 50, 0.5),
    ]
    found = {(p["less"], p["more"]): p["is_in_order"] for p in promises.judged_pairs(rows)}
    assert found == {
        ("loyal", "occasional"): False,
        ("occasional", "hibernating"): True,
        ("loyal", "lost"): True,
        ("occasional", "lost"): True,
        ("hibernating", "lost"): True,
    }


def test_a_cluster_may_miss_a_bound_by_a_factor_of_two_and_a_state_may_not() -> None:
    frame = pd.DataFrame(
        {
            "segment_slug": ["late"] * 3 + ["large"] * 4,
            "overdue_ratio": [4.1, 4.0, np.nan, 1.0, 4.0, 4.1, np.nan],
            "monetary": [0.0, 0.0, 0.0, 49.0, 50.0, 100.0, 100.0],
        }
    )
    late = read_condition("overdue_ratio > late_ratio", "late")
    large = read_condition("overdue_ratio <= 2 and monetary >= typical_monetary", "large")
    segments = [
        PromisedSegment("late", "late", late, True, ""),
        PromisedSegment("large", "large", large, False, ""),
    ]
    found = promises.contradictions(frame, segments, {"late_ratio": 4.0, "typical_monetary": 100.0})
    assert found == promises.Contradictions(in_states=2, of_states=3, in_clusters=2, of_clusters=4)


def test_customers_with_equal_scores_are_of_the_top_in_part() -> None:
    outcome = np.array([8.0, 2.0, 0.0, 0.0, 0.0])
    assert ranking.top_share(np.array([2.0, 2.0, 1.0, 1.0, 1.0]), outcome) == pytest.approx(0.5)
    assert ranking.top_share(np.arange(5)[::-1].astype(float), outcome) == pytest.approx(0.8)
    assert ranking.top_share(np.zeros(5), outcome) == pytest.approx(0.2)


def test_nobody_is_scored_by_the_own_outcome() -> None:
    alone = pd.Series([f"group of {row}" for row in range(50)])
    outcome = (np.arange(50) == 0).astype(float)
    scores = ranking.cross_fitted(alone, outcome)
    assert scores[0] < scores[1:].max()


def test_unchanged_customers_buy_as_often_spend_as_much_and_are_in_the_same_state() -> None:
    columns = ["customer_id", "segment_slug", "state_id", "recency_days", "spend", "purchases"]
    earlier = pd.DataFrame(
        [
            ("moved", "loyal", None, 3, 100.0, 4),
            ("stayed", "loyal", None, 3, 100.0, 4),
            ("in a state", "at_risk", 105, 3, 100.0, 4),
            ("spends more", "loyal", None, 3, 100.0, 4),
            ("bought less", "loyal", None, 3, 100.0, 4),
            ("longer ago", "loyal", None, 3, 100.0, 4),
            ("into a state", "loyal", None, 3, 100.0, 4),
            ("gone", "loyal", None, 3, 100.0, 4),
        ],
        columns=columns,
    )
    later = pd.DataFrame(
        [
            ("moved", "occasional", None, 10, 90.0, 4),
            ("stayed", "loyal", None, 3, 110.0, 4),
            ("in a state", "at_risk", 105, 3, 100.0, 4),
            ("spends more", "occasional", None, 3, 110.5, 4),
            ("bought less", "occasional", None, 3, 100.0, 3),
            ("longer ago", "occasional", None, 11, 100.0, 4),
            ("into a state", "at_risk", 105, 3, 100.0, 4),
        ],
        columns=columns,
    )
    days = (datetime.date(2017, 6, 30), datetime.date(2017, 7, 31))
    found = unchanged.change_between(earlier, later, *days)
    assert (found.customers, found.in_clusters, found.changed) == (3, 2, 1)
    assert found.share == pytest.approx(1 / 3)
    assert found.moves == {"loyal → occasional": 1}


def test_who_keeps_the_name_after_a_refit() -> None:
    """Of cluster 0, seven in ten are in one cluster of the new model; of cluster 1, six."""
    columns = ["customer_id", "segment_id", "segment_slug", "margin"]
    rows = [
        # By the model before, the next day; by the new model.
        *[(0, "loyal", 0.9, 0, "loyal")] * 6,
        (0, "loyal", 0.1, 0, "loyal"),
        *[(0, "loyal", 0.9, 1, "seldom")] * 2,
        (0, "loyal", 0.1, 1, "seldom"),
        *[(1, "seldom", 0.9, 1, "seldom")] * 6,
        *[(1, "seldom", 0.9, 2, "other")] * 4,
        (105, "late", np.nan, 1, "seldom"),
        (1, "seldom", 0.9, 105, "late"),
    ]
    frame = pd.DataFrame(rows, columns=[*columns[1:], "later_id", "later_slug"])
    frame.insert(0, "customer_id", [f"C{row}" for row in range(len(rows))])
    later = frame[["customer_id", "later_id", "later_slug", "margin"]].set_axis(columns, axis=1)
    # The first customer moved on his own; the last one is new.
    earlier = frame[columns].iloc[:-1]
    earlier = earlier.assign(segment_slug=earlier.segment_slug.where(earlier.index > 0, "other"))
    days = (datetime.date(2017, 6, 30), datetime.date(2017, 8, 31))
    found = after_refits.compared(*days, earlier, frame[columns], later)
    assert (found.customers, found.unmoved, found.kept) == (21, 9, 6)
    assert (found.clear, found.clear_kept) == (7, 5)
    assert found.same_name == found.best_possible == pytest.approx(13 / 20)


@pytest.mark.long
def test_names_go_on_from_one_fit_to_the_next(features: pd.DataFrame, fit: refits.NamedFit) -> None:
    again = refits.fit_names(features, {"seed": 1}, follows=fit)
    assert again.model.succession is not None
    assert {segment.named_by for segment in again.model.segments} == {"earlier model"}


@pytest.mark.skipif(not shops.has_cdnow(), reason="the package lifetimes is not installed")
def test_orders_of_cdnow() -> None:
    orders = shops.cdnow_orders()
    assert (len(orders), orders.customer_id.nunique()) == (69_659, 23_570)
    assert orders.order_id.is_unique
    assert str(orders.ordered_at.max().date()) == "1998-06-30"


def test_sections_are_kept_and_the_page_shows_them(tmp_path: Path) -> None:
    results = tmp_path / "evidence.json"
    month = {"shop": "x", "configuration": "365 days"} | {
        "before": "a",
        "after": "b",
        "share": 0.25,
    }
    months = [month | {"customers": 4, "in_clusters": 4, "changed": 1, "moves": {"x → y": 1}}]
    evidence.keep(results, "planted", [])
    evidence.keep(results, "unchanged", months)
    kept = json.loads(results.read_text())
    assert list(kept["sections"]) == ["unchanged", "planted"]
    text = page.with_figures(page.PAGE.read_text(), kept)
    assert "| 365 days | a | b | 4 | 1 | 25.0% | x → y: 1 |" in text
    assert "window of 365 days, worst month | 0.25 | ≤ 0.14 | **no** |" in text
    assert page.with_figures(text, kept) == text


def test_the_page_shows_the_results_file() -> None:
    """`python -m benchmarks.evidence` wrote both."""
    text = page.PAGE.read_text()
    assert page.with_figures(text, json.loads(page.RESULTS.read_text())) == text
