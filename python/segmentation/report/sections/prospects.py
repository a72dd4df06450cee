"""Which segment new customers will be in: the forecast, and how far it can be trusted."""

from __future__ import annotations

from typing import Any

import pandas as pd

from segmentation.published.read_marts import Marts
from segmentation.report import charts
from segmentation.report.content import Column, Figure, Picture, Section, Table
from segmentation.report.formats import COUNT, MONEY, NUMBER, SHARE, number, share
from segmentation.report.rows import first, largest, records, where
from segmentation.report.segments import PROSPECTS, feature_label, segments_of
from segmentation.report.sentences import (
    BASELINE,
    criterion_of,
    doubt_about_predictions,
    overall_metrics,
    predicts_given_segments,
    who_prospects_are,
)

# A wider grid has cells too small for a number.
MOST_SEGMENTS = 12
NO_CLASSIFIER = "There is no classifier: too few customers with a known segment to learn from."


def prospects(marts: Marts) -> Section:
    """Return the forecast, the comparison of classifiers, and the winner's errors."""
    model = _current_model(marts)
    given = bool(len(model)) and predicts_given_segments(model)
    return Section(
        name="prospects",
        title=(
            "Who belongs to which of your segments"
            if given
            else "Which segment new customers are expected to be in"
        ),
        figures=[
            _forecast(marts),
            _candidates(marts),
            _confusion(marts, "is in" if given else "was in"),
            _importances(marts),
            _calibration(marts),
        ],
    )


def _current_model(marts: Marts) -> pd.DataFrame:
    history = where(marts.table("rpt_model_history"), segmentation=PROSPECTS)
    return history[history["is_in_force"]] if len(history) else history


def _forecast(marts: Marts) -> Figure:
    mart = "rpt_prospect_distribution"
    rows = marts.table(mart)
    if rows.empty or not rows["prospects"].iloc[0]:
        return Figure(
            "expected-prospects",
            "Expected prospects per segment",
            mart,
            absent_because="There are no new customers to predict, or no classifier.",
        )
    rows = rows.sort_values(["expected_rank", "segment_slug"], kind="stable")
    shown = rows.assign(
        text=[_interval_text(row) for row in records(rows)],
        interval_low=rows["interval_low"].astype(float),
        interval_high=rows["interval_high"].astype(float),
        expected_customers=rows["expected_customers"].astype(float),
    )
    return Figure(
        "expected-prospects",
        doubt_about_predictions(marts.table("rpt_classifier_metrics")) + _most_expected(shown),
        mart,
        [
            Picture(
                charts.intervals(
                    shown,
                    label="segment_name",
                    value="expected_customers",
                    ends=("interval_low", "interval_high"),
                    text="text",
                    unit="expected customers, with interval",
                )
            )
        ],
        Table(
            [
                Column("segment_name", "segment"),
                Column("expected_customers", "expected customers", NUMBER),
                Column("interval_low", "from", NUMBER),
                Column("interval_high", "to", NUMBER),
                Column("nominal_coverage", "interval", SHARE),
                Column("backtest_coverage", "held in past cohorts", SHARE),
                Column("most_likely_customers", "for whom it is the likeliest", COUNT),
                Column("expected_sales", "expected sales", MONEY),
            ],
            rows,
        ),
        note=_about_intervals(rows),
    )


def _most_expected(rows: pd.DataFrame) -> str:
    top = first(rows)
    prospects, expected = f"{int(top['prospects']):,}", f"{top['expected_customers']:,.0f}"
    if predicts_given_segments(rows):
        return (
            f"Of {prospects} people without a segment, {expected} are expected to be in"
            f" {top['segment_name']}"
        )
    return f"Of {prospects} new customers, {expected} are expected to be in {top['segment_name']}"


def _about_intervals(rows: pd.DataFrame) -> str:
    held = rows["backtest_coverage"].dropna()
    missing = rows["no_interval_because"].dropna()
    notes = [who_prospects_are(rows)]
    if len(held):
        notes.append(
            f"In {int(rows['backtest_cohorts'].max())} past cohorts such intervals held "
            f"{share(float(held.iloc[0]))} of the counts."
        )
    if len(missing):
        notes.append(f"No interval: {missing.iloc[0]}")
    return " ".join(notes)


def _interval_text(row: dict[str, Any]) -> str:
    low, high = row["interval_low"], row["interval_high"]
    expected = f"{row['expected_customers']:,.0f}"
    if pd.isna(low):
        return expected
    return f"{expected} ({low:,.0f} to {high:,.0f})"


def _candidates(marts: Marts) -> Figure:
    mart = "rpt_classifier_metrics"
    rows = marts.table(mart)
    whole = overall_metrics(rows)
    criterion = criterion_of(whole)
    of = whole[whole["metric"] == criterion] if len(whole) else whole
    if of.empty:
        return Figure(
            "classifiers", "Comparison of classifiers", mart, absent_because=NO_CLASSIFIER
        )
    falls = criterion == "log_loss"
    of = of.sort_values(["mean", "candidate"], ascending=[falls, True], kind="stable")
    shown = of.assign(
        name=of["candidate"].map(_candidate_name),
        low=of["mean"] - of["standard_error"],
        high=of["mean"] + of["standard_error"],
        text=of["mean"].map(number),
    )
    others = [m for m in ("accuracy", "macro_f1", "log_loss") if m != criterion]
    wide = of[["candidate", "mean", "standard_error", "is_winner"]]
    for metric in others:
        known = whole[whole["metric"] == metric][["candidate", "mean"]]
        wide = wide.merge(known.rename(columns={"mean": metric}), on="candidate", how="left")
    return Figure(
        "classifiers",
        doubt_about_predictions(rows) + _who_predicts(of, _words(criterion)),
        mart,
        [
            Picture(
                charts.intervals(
                    shown,
                    label="name",
                    value="mean",
                    ends=("low", "high"),
                    text="text",
                    unit=f"{_words(criterion)} ({'smaller' if falls else 'larger'} is better)",
                )
            )
        ],
        Table(
            [
                Column("candidate", "classifier"),
                Column("mean", _words(criterion), NUMBER),
                Column("standard_error", "standard error", NUMBER),
                *(Column(metric, _words(metric), NUMBER) for metric in others),
                Column("is_winner", "predicts"),
            ],
            wide,
        ),
        note="Cross-validated: a model never predicts customers that it has seen, or duplicates.",
    )


def _who_predicts(of: pd.DataFrame, criterion: str) -> str:
    """Return the title of candidates that are ordered by a criterion."""
    winner = of[of["is_winner"]].iloc[0]
    # The baseline stands beside the candidates, and is none.
    best = first(of[of["candidate"] != BASELINE])
    return f"{_candidate_name(winner['candidate']).capitalize()} predicts: " + (
        f"it has the best {criterion} ({number(winner['mean'])})"
        if best["candidate"] == winner["candidate"]
        else (
            f"the simplest whose {criterion} ({number(winner['mean'])}) is as good as the "
            f"best ({_candidate_name(best['candidate'])}, {number(best['mean'])})"
        )
    )


def _words(metric: str) -> str:
    return {"log_loss": "log loss", "macro_f1": "macro F1"}.get(metric, metric.replace("_", " "))


def _candidate_name(name: str) -> str:
    return name.replace("_", " ")


def _confusion(marts: Marts, actually: str) -> Figure:
    mart = "rpt_confusion_matrix"
    rows = marts.table(mart)
    rows = rows[rows["is_winner"]] if len(rows) else rows
    if rows.empty:
        return Figure("confusion", "Confusion matrix", mart, absent_because=NO_CLASSIFIER)
    names = _names(marts)
    order = sorted(set(rows["actual"]) | set(rows["predicted"]))
    cells = rows.sort_values(
        ["actual", "predicted"], key=lambda s: s.map({n: i for i, n in enumerate(order)})
    )
    kept = list(_most_frequent_first(rows)["actual"].head(MOST_SEGMENTS))
    drawn = cells[cells["actual"].isin(kept) & cells["predicted"].isin(kept)]
    shown = pd.DataFrame(
        {
            "actual": drawn["actual"].map(lambda slug: names.get(slug, slug)),
            "predicted": drawn["predicted"].map(lambda slug: names.get(slug, slug)),
            "strength": drawn["share"].fillna(0.0).astype(float),
            "text": drawn["customers"].map(lambda n: f"{n:,}"),
        }
    )
    return Figure(
        "confusion",
        _how_many_are_right(rows, names),
        mart,
        [
            Picture(
                charts.heat_map(
                    shown,
                    x="predicted",
                    y="actual",
                    strength="strength",
                    text="text",
                    titles=("predicted", actually),
                )
            )
        ],
        Table(
            [
                Column("actual", actually),
                Column("predicted", "predicted"),
                Column("customers", "customers", COUNT),
                Column("share", "share of those of the row", SHARE),
            ],
            cells,
        ),
        note=(
            f"{_most_confused(rows, names)}A cell counts customers; the stronger its colour, the"
            " larger its share of the row."
            + (
                f" The {len(kept)} most frequent of {len(order)} segments; the table has all."
                if len(order) > len(kept)
                else ""
            )
        ),
    )


def _most_frequent_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how many customers are in each segment, the largest first."""
    seen = rows.groupby("actual")["customers"].sum().reset_index()
    return seen.sort_values(["customers", "actual"], ascending=[False, True])


def _how_many_are_right(rows: pd.DataFrame, names: dict[str, str]) -> str:
    """Return the title of a confusion matrix: how accurate it is, beside one guess for all."""
    customers = rows["customers"].sum()
    accuracy = rows["customers"][rows["actual"] == rows["predicted"]].sum() / customers
    title = f"{share(float(accuracy))} are predicted correctly"
    if len(set(rows["actual"]) | set(rows["predicted"])) < 2:
        return title
    most_frequent = first(_most_frequent_first(rows))
    by_majority = float(most_frequent["customers"] / customers)
    return title + (
        f"{', no more than' if accuracy <= by_majority else ';'} with"
        f" {names.get(most_frequent['actual'], most_frequent['actual'])} for everybody"
        f"{':' if accuracy <= by_majority else ' it would be'} {share(by_majority)}"
    )


def _most_confused(rows: pd.DataFrame, names: dict[str, str]) -> str:
    wrong = rows[(rows["actual"] != rows["predicted"]) & (rows["customers"] > 0)]
    if wrong.empty:
        return ""
    worst = largest(wrong, "customers")
    return (
        f"Most often {names.get(worst['actual'], worst['actual'])} is taken for "
        f"{names.get(worst['predicted'], worst['predicted'])}. "
    )


def _names(marts: Marts) -> dict[str, str]:
    """Return the names of the prospects' segments by slug."""
    segments = segments_of(marts, PROSPECTS)
    return dict(zip(segments["segment_slug"], segments["segment_name"], strict=True))


def _importances(marts: Marts) -> Figure:
    mart = "rpt_feature_importance"
    rows = marts.table(mart)
    rows = (
        rows[(rows["segmentation"] == PROSPECTS) & rows["permutation_importance"].notna()]
        if len(rows)
        else rows
    )
    if rows.empty:
        return Figure("importances", "Importances", mart, absent_because=NO_CLASSIFIER)
    rows = rows.sort_values(["importance_rank", "feature"], kind="stable").head(12)
    shown = rows.assign(
        name=rows["feature"].map(feature_label), text=rows["permutation_importance"].map(number)
    )
    top = first(shown)
    return Figure(
        "importances",
        (
            f"The prediction rests on {top['name']} most: without it the score falls by "
            f"{number(top['permutation_importance'])}"
        ),
        mart,
        [
            Picture(
                charts.bars(
                    shown,
                    label="name",
                    value="permutation_importance",
                    text="text",
                    unit="loss of score when shuffled",
                    axis="~g",
                )
            )
        ],
        Table(
            [
                Column("feature", "feature"),
                Column("permutation_importance", "permutation importance", NUMBER),
                Column("permutation_importance_deviation", "its standard deviation", NUMBER),
            ],
            rows,
        ),
    )


def _calibration(marts: Marts) -> Figure:
    mart = "rpt_classifier_calibration"
    rows = marts.table(mart)
    known = (
        rows[rows["predictions"].fillna(0) > 0]
        .sort_values(["calibration_stage", "lower_probability"], ascending=[False, True])
        .assign(stage=lambda found: found["calibration_stage"] + " calibration")
        if len(rows)
        else rows
    )
    if known.empty:
        return Figure("calibration", "Calibration", mart, absent_because=NO_CLASSIFIER)
    after = known[known["calibration_stage"] == "after"]
    gap = (after["mean_probability"] - after["accuracy"]).abs() * after["predictions"]
    error = float(gap.sum() / after["predictions"].sum()) if len(after) else 0.0
    return Figure(
        "calibration",
        f"Stated probabilities are off by {100 * error:.1f} percentage points on average",
        mart,
        [Picture(charts.calibration(known))],
        Table(
            [
                Column("calibration_stage", "stage"),
                Column("lower_probability", "probability from", SHARE),
                Column("upper_probability", "to", SHARE),
                Column("predictions", "predictions", COUNT),
                Column("mean_probability", "mean probability", SHARE),
                Column("accuracy", "came true", SHARE),
            ],
            known,
        ),
        note="On the dashed line, what is said to come true in 60% of the cases does so in 60%.",
    )
