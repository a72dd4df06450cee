"""Marts for the page, made by hand: all tables as their yml declares them, with a few rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import yaml
from segmentation.engine.sql import quoted, text_literal
from segmentation.published.read_marts import Marts

PROJECT = Path(__file__).parents[2]
AS_OF = "2025-12-31"
UNASSIGNED = "Unassigned"


class ReportMarts:
    """A file with all marts, empty at first.

    Parameters
    ----------
    path : Path
        The file, which is made.
    without : sequence of str
        Marts that it lacks, as a file of an older version does.
    """

    def __init__(self, path: Path, without: Sequence[str] = ()) -> None:
        self.path = path
        self.without = set(without)
        self._writer: duckdb.DuckDBPyConnection | None = None
        self.run("create schema marts")
        for name, model in declared_marts().items():
            if name not in without:
                columns = ", ".join(
                    f"{quoted(column['name'])} {column['data_type']}" for column in model["columns"]
                )
                comment = text_literal(model["description"])
                self.run(f"create table marts.{name} ({columns})")
                self.run(f"comment on table marts.{name} is {comment}")

    def add(self, mart: str, *rows: Mapping[str, Any]) -> None:
        """Add rows; columns that a row does not name are null."""
        for row in rows if mart not in self.without else ():
            columns = ", ".join(map(quoted, row))
            values = ", ".join("?" * len(row))
            self.connection().execute(
                f"insert into marts.{mart} ({columns}) values ({values})", list(row.values())
            )

    def run(self, sql: str) -> None:
        """Run a statement; marts are named with their schema."""
        self.connection().execute(sql)

    def opened(self) -> Marts:
        """Return the file as the page reads it; the caller closes it."""
        self.close()
        return Marts(self.path)

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return a connection that writes, in one transaction until the file is read."""
        if self._writer is None:
            self._writer = duckdb.connect(str(self.path), config={"threads": 1})
            self._writer.begin()
        return self._writer

    def close(self) -> None:
        """Close the connection that writes."""
        if self._writer is not None:
            self._writer.commit()
            self._writer.close()
            self._writer = None

    def add_segments(
        self,
        names: Sequence[str],
        segmentation: str = "value",
        *,
        customers: Sequence[int] = (),
        revenue: bool = True,
    ) -> None:
        """Add segments, the largest first, with what they bring; Unassigned is nobody's segment.

        Parameters
        ----------
        names : sequence of str
            Their slugs are made from them.
        segmentation : str
        customers : sequence of int
            Of each segment; 10 fewer from one to the next unless they are given.
        revenue : bool
            Whether there are orders.
        """
        sizes = list(customers) or [10 * (len(names) - place) for place in range(len(names))]
        total = sum(sizes)
        for name, size in zip(names, sizes, strict=True):
            who = {"segmentation": segmentation, "segment_slug": slug(name), "segment_name": name}
            part = size / total if total else None
            self.add(
                "dim_segments",
                {
                    **who,
                    "customers": size,
                    "share": part,
                    "headline": "recency (days) low (3 days, all customers 9); frequency high",
                    "strategy": "keep them",
                    "dataset": "sample",
                    "as_of": AS_OF,
                },
            )
            money = 100.5 * size if revenue else 0
            self.add(
                "rpt_segment_value",
                {
                    **who,
                    "customers": size,
                    "customer_share": part,
                    "revenue": money,
                    "revenue_share": part if revenue else None,
                    "potential_value_per_year": 2 * money if revenue else None,
                    "expected_loss": size if revenue else None,
                    "expected_loss_share": part if revenue else None,
                },
            )


def slug(name: str) -> str:
    """Return a slug for a segment's name."""
    return re.sub(r"\W+", "_", name.lower())


@cache
def declared_marts() -> dict[str, dict[str, Any]]:
    """Return each mart as its yml declares it."""
    models = [
        model
        for path in sorted((PROJECT / "models" / "marts").rglob("*.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    ]
    # What stands in a folder below, e.g. warnings, is a part of a mart.
    return {
        model["name"]: model
        for model in models
        if model["name"].startswith(("dim_", "fct_", "rpt_"))
    }


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
    marts = ReportMarts(path, without)
    for segmentation in ("value", "profile", "prospects"):
        marts.add_segments(names, segmentation)
    for segmentation in ("value", "profile"):
        _add_profiles(marts, segmentation, names)
        _add_models(marts, segmentation, names)
    _add_conversion(marts, names)
    _add_prospects(marts, names)
    _add_features(marts)
    _add_value_forecast(marts, names)
    _add_sources(marts)
    add_moves(marts, names)
    _add_retention_and_drift(marts)
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
    return marts


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
            "segmentation": segmentation,
            "model_version": f"{segmentation}-0001-a",
            "is_in_force": True,
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


def _add_value_forecast(marts: ReportMarts, names: Sequence[str]) -> None:
    """Add forecasts of 60 customers, who are in the first two segments, and their back-tests."""
    version = {"model_version": "lifetime_value-0001-c"}
    marts.add(
        "rpt_lifetime_value_model",
        {
            **version,
            "customers": 60,
            "purchase_model": "mbg_nbd",
            "forecast_by": "combined",
            "loses_to_last_period": False,
            "ranks_customers": True,
            "forecast_because": "Over 2 quarters its error was 9, that of the last 90 days 10.",
        },
    )
    for place in range(60):
        customer = f"C{place:02d}"
        name = names[place % min(2, len(names))]
        marts.add(
            "fct_customer_segments",
            {"segmentation": "value", "customer_id": customer, "segment_slug": slug(name)},
        )
        marts.add(
            "fct_customer_value_forecast",
            {
                **version,
                "customer_id": customer,
                "as_of": AS_OF,
                "probability_active": (0.05, 0.5, 0.95)[place % 3],
                "purchases_last_90_days": 2,
                "expected_purchases_90_days": 1.5,
                "revenue_last_90_days": 20.25,
                "expected_revenue_90_days": 15.5,
                "expected_revenue_365_days": 60.0,
                "lifetime_value": 150.0,
            },
        )
        marts.add(
            "rpt_value_at_risk",
            {
                "risk_rank": place + 1,
                "customer_id": customer,
                "segment_name": name,
                "expected_loss": 100 - place,
                "expected_loss_by": "forecast",
                "run_rate": 200.0,
                "share_of_all_losses": (place + 1) / 60,
                "probability_active": 0.25,
                "last_purchase_on": "2025-10-01",
                "reason_1": "Bought every 9 days, now gone for 91.",
                "reason_2": "Brought 200 per 90 days so far; 100 are expected of the next 90.",
            },
        )
    _add_backtests(marts, version)
    for position in (0.0, 1.0, 2.0):
        marts.add(
            "rpt_lifetime_value_curves",
            {
                **version,
                "curve": "customers by repeat purchases",
                "position": position,
                "expected": 21.5,
                "actual": 20.0 + position,
            },
            *(
                {**version, "curve": curve, "position": 26 * position, "expected": expected}
                for curve, expected in (
                    ("repeat purchases of a newcomer", 5.25 * position),
                    ("share still customers", 1 - position / 10),
                )
            ),
        )


def _add_backtests(marts: ReportMarts, version: Mapping[str, Any]) -> None:
    for day, methods in (
        ("2025-06-30", ("purchase model", "last period")),
        ("2025-09-30", ("purchase model", "last period", "combined", "gradient boosting")),
    ):
        for method in methods:
            of_method = {
                **version,
                "forecast_on": day,
                "measure": "revenue",
                "forecast_method": method,
                "is_in_use": method == "combined",
                "customers": 60,
            }
            is_ours = method in {"purchase model", "combined"}
            marts.add(
                "rpt_value_forecast_accuracy",
                {
                    **of_method,
                    "grouped_by": "all",
                    "group_number": 1,
                    "group_name": "all customers",
                    "predicted": 1100.0,
                    "lower_predicted": 900.0 if is_ours else None,
                    "upper_predicted": 1300.0 if is_ours else None,
                    "actual": 1000.0,
                    "is_covered": True if is_ours else None,
                    "error_share": 0.1,
                    "rmse": 9.0 + len(method),
                },
                *(
                    {
                        **of_method,
                        "grouped_by": "decile",
                        "group_number": number,
                        "group_name": f"decile {number}",
                        "customers": 6,
                        "predicted": 220.0 / number,
                        "lower_predicted": 150.0 / number,
                        "upper_predicted": 300.0 / number,
                        "actual": 200.0 / number,
                        "is_covered": number < 10,
                        "error_share": 0.1 if number < 10 else -0.5,
                    }
                    for number in range(1, 11)
                    if is_ours
                ),
            )
        marts.add(
            "rpt_value_forecast_accuracy",
            *(
                {
                    **version,
                    "forecast_on": day,
                    "measure": "buyers",
                    "forecast_method": "purchase model",
                    "is_in_use": False,
                    "customers": 30,
                    "grouped_by": "state",
                    "group_number": number,
                    "group_name": name,
                    "predicted": 27.0 / number,
                    "lower_predicted": 24.0 / number,
                    "upper_predicted": 30.0 / number,
                    "actual": 24.0 / number - 3.0 * (number - 1),
                    "is_covered": number == 1,
                    "error_share": 0.1,
                }
                for number, name in ((1, "on time"), (2, "late"))
            ),
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


def add_moves(
    marts: ReportMarts,
    names: Sequence[str],
    *,
    days: Sequence[str] = ("2025-08-31", "2025-10-31", AS_OF),
    segmentation: str = "value",
) -> None:
    """Add observed days: on each but the first, 5 customers of a segment go to the next one.

    Parameters
    ----------
    marts : ReportMarts
    names : sequence of str
        Of segments. Of each, 10 customers more than of the one after it stay; from the first to the
        last, on the last day, 7 go.
    days : sequence of str
    segmentation : str
    """
    of_last_day = {"segmentation": segmentation, "last_observed_on": days[-1]}
    marts.add(
        "fct_customer_segment_history",
        {**of_last_day, "customer_id": "C1", "valid_from": days[0], "entry": "first observed"},
    )
    for before, day in pairwise(days):
        of_day = {"segmentation": segmentation, "previous_as_of": before, "as_of": day}
        for place, name in enumerate(names):
            _add_move(marts, of_day, "stayed", (name, name), 10 * (len(names) - place))
            if place:
                _add_move(marts, of_day, "moved", (names[place - 1], name), 5)
        if day == days[-1] and len(names) > 1:
            _add_move(marts, of_day, "moved", (names[-1], names[0]), 7)
            _add_move(marts, of_day, "joined", (None, names[0]), 3)
            _add_move(marts, of_day, "left", (names[0], None), 2)


def _add_move(
    marts: ReportMarts,
    of_day: Mapping[str, Any],
    migration: str,
    ends: tuple[str | None, str | None],
    customers: int,
) -> None:
    sides = {}
    for side, name in zip(("from", "to"), ends, strict=True):
        sides[f"{side}_segment_slug"] = None if name is None else slug(name)
        sides[f"{side}_segment_name"] = name
    marts.add(
        "fct_segment_migrations",
        {**of_day, **sides, "migration": migration, "customers": customers, "share_of_from": 0.25},
    )


def _add_retention_and_drift(marts: ReportMarts) -> None:
    for cohort, months in (("2025-09-01", 3), ("2025-10-01", 2)):
        for month in range(months + 1):
            marts.add(
                "rpt_retention",
                {
                    "cohort_month": cohort,
                    "months_since_first": month,
                    "customers": 40,
                    "buying_customers": 40 // (month + 1),
                    "share": 40 // (month + 1) / 40,
                    "is_whole_month": True,
                    "as_of": AS_OF,
                },
            )
    for place, (feature, kind) in enumerate(
        (("recency_days", "feature"), ("income", "missing values"), ("length_days", "feature"))
    ):
        marts.add(
            "rpt_drift",
            {
                "segmentation": "profile" if feature == "income" else "value",
                "subject_kind": kind,
                "feature": feature,
                "psi": 0.5 + place,
                "threshold": 0.1,
                "p_value": 0.0,
                "has_drifted": True,
                "is_alarm": True,
                "index_in_words": f"PSI {0.5 + place} above 0.100",
                "expected_to_drift": feature == "length_days",
                "moved_most": f"more customers with {feature} above 9: 10 % → 40 %",
                "share_at_fit": 0.1,
                "share_now": 0.4,
                "fitted_as_of": "2025-06-30",
                "as_of": AS_OF,
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
