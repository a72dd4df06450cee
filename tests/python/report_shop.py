"""Marts of a whole shop, as the page reads them, with few rows each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from report_forecasts import add_value_forecast
from report_marts import AS_OF, ReportMarts, slug
from report_moves import add_moves, add_retention_and_drift
from report_refits import CURRENT_FIT, add_challenger, add_events


def a_shop(path: Path, names: Sequence[str], without: Sequence[str] = ()) -> ReportMarts:
    """Return marts of a shop in which everything that the page shows is known.

    Parameters
    ----------
    path : Path
        The file, which is made.
    names : sequence of str
        Of the segments of each segmentation, two at least.
    without : sequence of str
        Marts that it lacks.
    """
    marts = ReportMarts(path, without, _content(tuple(names)))
    for mart in without:
        marts.run(f"drop table marts.{mart}")
    return marts


@cache
def _content(names: Sequence[str]) -> bytes:
    """Return the file of such a shop, which is made once for all tests of a process."""
    with TemporaryDirectory() as folder:
        marts = ReportMarts(Path(folder) / "segments.duckdb")
        _add_everything(marts, names)
        marts.close()
        return marts.path.read_bytes()


def _add_everything(marts: ReportMarts, names: Sequence[str]) -> None:
    for segmentation in ("value", "profile", "prospects"):
        marts.add_segments(names, segmentation)
    for segmentation in ("value", "profile"):
        _add_profiles(marts, segmentation, names)
        _add_models(marts, segmentation, names)
    _add_conversion(marts, names)
    _add_prospects(marts, names)
    _add_features(marts)
    add_value_forecast(marts, names)
    _add_sources(marts)
    add_moves(marts, names)
    add_events(marts, ("survived", names[0], names[0], 90), ("emerged", None, names[-1], 30))
    add_challenger(marts, names, ("agreement", 0.8, 0.9))
    add_retention_and_drift(marts)
    for place in range(60):
        marts.add(
            "dim_customers",
            {
                "customer_id": f"C{place:02d}",
                "age": 20 + place,
                "marital_status": ("married", "single")[place % 2],
                "as_of": AS_OF,
            },
        )


def _add_profiles(marts: ReportMarts, segmentation: str, names: Sequence[str]) -> None:
    numbers = {
        "value": ("recency_days", "frequency", "monetary", "length_days", "visits", "responses"),
        "profile": ("age", "annual_spend"),
    }
    categories = ("profession", "gender", "marital_status", "spending_level", "home_ownership")
    for place, name in enumerate(names):
        who = {"segmentation": segmentation, "segment_slug": slug(name), "segment_name": name}
        for feature in numbers[segmentation]:
            middle = 5.0 + place
            marts.add(
                "rpt_segment_profiles",
                {
                    **who,
                    "feature_kind": "number",
                    "feature": feature,
                    "customers_with_value": 10,
                    "mean": middle + 0.5,
                    "minimum": 1.0,
                    "first_quartile": middle - 2,
                    "median": middle,
                    "third_quartile": middle + 3,
                    "maximum": middle + 90,
                },
            )
        for feature in categories if segmentation == "profile" else ():
            for category, part in (("one & <two>", 0.75), ("three", 0.25)):
                marts.add(
                    "rpt_segment_profiles",
                    {
                        **who,
                        "feature_kind": "category",
                        "feature": feature,
                        "category": category,
                        "customers_with_value": int(40 * part),
                        "share": part,
                        "share_of_all": 0.5,
                    },
                )
        for product, preference in (("BREAD", 2.0 - place), ("milk", 0.5 + place)):
            marts.add(
                "rpt_segment_preferences",
                {
                    **who,
                    "product_category": product,
                    "customers": 40,
                    "revenue": 12.5,
                    "revenue_share": 0.5,
                    "revenue_share_of_all": 0.25,
                    "preference": max(preference, 0.0),
                },
            )


def _add_models(marts: ReportMarts, segmentation: str, names: Sequence[str]) -> None:
    marts.add(
        "rpt_model_history",
        {
            **CURRENT_FIT,
            "segmentation": segmentation,
            "model_version": f"{segmentation}-0001-a",
            "fitted_at": "2026-01-01 08:00:00",
            "as_of": AS_OF,
            "fit_reason": "first model",
            "algorithm": "kmeans",
            "k": len(names),
            "k_asked": "auto",
            "customers": 60,
            "features_used": "recency_days, frequency",
        },
    )
    for k in (2, 3, 4):
        marts.add(
            "rpt_k_selection",
            {
                "segmentation": segmentation,
                "k": k,
                "inertia": 100.0 / k,
                "silhouette": 0.5 - k / 10,
                "is_knee": k == 3,
                "is_chosen": k == 3,
                "structure": "continuum",
            },
        )
    for algorithm, silhouette in (("kmeans", 0.4), ("dbscan", -0.1)):
        marts.add(
            "rpt_algorithm_comparison",
            {
                "segmentation": segmentation,
                "algorithm": algorithm,
                "segments": 3,
                "silhouette": silhouette,
                "noise_share": 0.2 if algorithm == "dbscan" else 0.0,
                "is_chosen": algorithm == "kmeans",
            },
        )
    for place, name in enumerate(names):
        for kind, number in (("centroid", 0), ("customer", 1), ("customer", 2)):
            marts.add(
                "rpt_segment_projection",
                {
                    "segmentation": segmentation,
                    "point_kind": kind,
                    "customer_id": f"C{number}" if kind == "customer" else None,
                    "segment_slug": slug(name),
                    "segment_name": name,
                    "x": place + number / 10,
                    "y": -place - number / 5,
                    "x_explained_variance": 0.6,
                    "y_explained_variance": 0.3,
                },
            )


def _add_conversion(marts: ReportMarts, names: Sequence[str]) -> None:
    groups: list[dict[str, Any]] = [
        {
            "grouped_by": "segment",
            "segmentation": segmentation,
            "group_slug": slug(name),
            "group_name": name,
        }
        for segmentation in ("value", "profile")
        for name in names
    ]
    groups += [{"grouped_by": "age_group", "group_name": name} for name in ("18-29", "30-39")]
    for place, group in enumerate(groups):
        marts.add(
            "rpt_conversion",
            {
                **group,
                "customers": 50,
                "contacted_customers": 40,
                "responders": place,
                "responses": place,
                "visits": 1000,
                "conversion_rate": place / 1000,
                "response_rate": place / 40,
            },
        )


def _add_prospects(marts: ReportMarts, names: Sequence[str]) -> None:
    for place, name in enumerate(names):
        marts.add(
            "rpt_prospect_distribution",
            {
                "segment_slug": slug(name),
                "segment_name": name,
                "horizon_days": 180,
                "prospects": 100,
                "most_likely_customers": 10,
                "expected_customers": 20.5 - place / 2,
                "expected_rank": place + 1,
                "interval_low": 10.0,
                "interval_high": 30.0,
                "nominal_coverage": 0.9,
                "backtest_cohorts": 4,
                "backtest_coverage": 1.0,
                "expected_sales": 1000.0,
            },
        )
        for other in names:
            marts.add(
                "rpt_confusion_matrix",
                {
                    "candidate": "dummy",
                    "is_winner": True,
                    "actual": slug(name),
                    "predicted": slug(other),
                    "customers": 3 if name == other else 1,
                    "share": 0.5,
                },
            )
    for candidate, mean in (("logistic_regression", 0.5), ("random_forest", 0.6)):
        for metric in ("accuracy", "macro_f1", "log_loss"):
            marts.add(
                "rpt_classifier_metrics",
                {
                    "candidate": candidate,
                    "validation": "grouped",
                    "metric": metric,
                    "criterion": "macro_f1",
                    "mean": mean,
                    "standard_error": 0.01,
                    "is_winner": candidate == "random_forest",
                },
            )
    for feature, rank in (("recency_days", 1), ("age", 2)):
        marts.add(
            "rpt_feature_importance",
            {
                "segmentation": "prospects",
                "feature": feature,
                "permutation_importance": 0.2 / rank,
                "permutation_importance_deviation": 0.01,
                "importance_rank": rank,
            },
        )
    for stage in ("before", "after"):
        marts.add(
            "rpt_classifier_calibration",
            {
                "calibration_stage": stage,
                "lower_probability": 0.5,
                "upper_probability": 0.6,
                "predictions": 10,
                "mean_probability": 0.55,
                "accuracy": 0.5,
            },
        )


def _add_features(marts: ReportMarts) -> None:
    marts.add(
        "rpt_feature_correlations",
        {"feature": "age", "other_feature": "age", "customers": 60, "correlation": 1.0},
        {"feature": "age", "other_feature": "visits", "customers": 60, "correlation": -0.7},
    )
    for feature, missing in (("age", 0.25), ("visits", 0.0)):
        for edge in (0.0, 10.0):
            marts.add(
                "rpt_feature_distributions",
                {
                    "feature": feature,
                    "bin": int(edge),
                    "lower_edge": edge,
                    "upper_edge": edge + 10,
                    "customers_in_bin": 30,
                    "share": 0.5,
                    "share_without_value": missing,
                },
            )


def _add_sources(marts: ReportMarts) -> None:
    for rank, (outcome, rows) in enumerate((("accepted", 9), ("guest order", 2)), start=1):
        marts.add(
            "rpt_source_rows",
            {
                "source_table": "orders_2024",
                "outcome_rank": rank,
                "is_accepted": rank == 1,
                "outcome": outcome,
                "source_rows": rows,
                "rows_read": 11,
            },
        )
    marts.add(
        "rpt_rows_read",
        {
            "source_table": "orders",
            "rows_read": 11,
            "rows_accepted": 8,
            "rows_rejected": 1,
            "rows_suppressed": 2,
        },
        {
            "source_table": "visits",
            "rows_read": 0,
            "rows_accepted": 0,
            "rows_rejected": 0,
            "rows_suppressed": 0,
        },
    )
    marts.add(
        "rpt_reject_reasons",
        {
            "source_table": "orders",
            "reason_rank": 1,
            "reason": "no customer",
            "rows_rejected": 1,
            "example": '{"order_id": "<7>"}',
        },
    )
    for fifth in (1, 2):
        marts.add(
            "rpt_expected_loss_backtest",
            {
                "fifth": fifth,
                "customers": 30,
                "expected_loss": 20,
                "actual_loss": 10,
                "share_of_actual_loss": 1 - fifth / 3,
            },
        )
