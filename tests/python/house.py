"""The tables that a dbt build would have made, for unit tests to fit, name and score on."""

from __future__ import annotations

import datetime
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
from mixed_customers import CATEGORIES, NUMBERS
from newest_model import put_current_model
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamedSegment, read_segments
from segmentation.over_time.drift import LEAST_PSI
from segmentation.steps.apply_clusters import assign_segments
from segmentation.steps.fit_clusters import RefitOnDrift, fit_if_needed
from segmentation.steps.fit_decision import PastFits
from segmentation.steps.name_clusters import name_segments_of_current_model
from segmentation.steps.overrides import LayeredSettings
from segmentation.steps.segments_table import SEGMENTS
from segmentation.steps.step_tables import FitTables, ModelTables

FEATURES = ["recency_days", "frequency", "monetary"]
# Few restarts and few draws: what surrounds a fit is looked at far more often than the fit.
SETTINGS: dict[str, Any] = {
    "features": FEATURES,
    "k": 4,
    "transform": "log",
    "n_init": 5,
    "scan_to": 5,
    "scan_n_init": 3,
    "stability_resamples": 3,
    "null_draws": 3,
    "compared_algorithms": [],
}
# Of `mixed_customers`.
MIXED: dict[str, Any] = {
    "features": NUMBERS,
    "categorical_features": list(CATEGORIES),
    "algorithm": "kprototypes",
    "transform": {"income": "log"},
    "k": 3,
    "n_init": 3,
    "scan_to": 3,
    "scan_n_init": 1,
    "stability_resamples": 2,
    "null_draws": 3,
    "compared_algorithms": [],
}
PLAYBOOK = [
    ("loyal", "Loyal", "recency_days: -0.9; frequency: 1; monetary: 1"),
    ("potential_loyalist", "Potential Loyalist", "recency_days: -0.2; frequency: 0; monetary: 0"),
    ("at_risk", "At Risk", "recency_days: 1.3; frequency: -0.3"),
    ("need_attention", "Need Attention", "frequency: -1.8; monetary: -2"),
]


# What a fit reads beside its settings; and what fits of equal tables and settings returned.
READ_BY_FITS = ("features", "run", "playbook", "words", "models")
_FIRST_FITS: dict[str, pa.Table] = {}


class House:
    """The tables that a dbt build would have made."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, customers: pd.DataFrame) -> None:
        self.connection = connection
        self.customers = customers
        self.put("features", customers.drop(columns="planted"))
        self.run("sample", "default", datetime.date(2025, 12, 31))
        self.playbook(PLAYBOOK)
        connection.execute(
            "create table words (feature text, low_words text, high_words text, amount text,"
            " decimals int)"
        )
        connection.execute(
            "insert into words values"
            " ('frequency', 'buys less often', 'buys more often', '{} purchase|{} purchases', 0),"
            " ('monetary', 'spends less', 'spends more', '{} spent', 2)"
        )
        connection.register("no_segments", SEGMENTS.empty_table())
        connection.execute("create table segments as select * from no_segments")
        connection.register("no_models", SegmentationModel.as_table())
        connection.execute("create table models as select * from no_models")
        put_current_model(connection, "value", SETTINGS)

    def put(self, name: str, frame: pd.DataFrame) -> None:
        self.connection.register("frame", frame)
        self.connection.execute(f"create or replace table {name} as select * from frame")

    def run(self, dataset: str, variant: str, as_of: datetime.date, window_days: int = 365) -> None:
        frame = pd.DataFrame(
            {
                "dataset": [dataset],
                "variant": [variant],
                "as_of": [as_of],
                "lrfm_window_days": [window_days],
            }
        )
        self.put("run", frame)

    def playbook(
        self, rows: list[tuple[str, str, str]], other: list[tuple[str, str, str]] | None = None
    ) -> None:
        """Store the playbook rows of k = 4 and of k = 5."""
        columns = ["segment_slug", "segment_name", "target_z_scores"]
        frame = pd.concat(
            [
                pd.DataFrame(rows, columns=columns).assign(k=4),
                pd.DataFrame(other or [], columns=columns).assign(k=5),
            ]
        ).assign(segmentation="value", description="", strategy="", channel="", priority="")
        self.put("playbook", frame)

    def returned(self, settings: dict[str, Any] = SETTINGS, **asked: Any) -> pa.Table:
        """Return the row that the model step returns to dbt."""
        put_current_model(self.connection, "value", settings, asked.get("overrides"))
        overrides = asked.pop("overrides", None)
        drift = RefitOnDrift(asked.pop("refit_on_drift", False), asked.pop("least_psi", LEAST_PSI))
        return fit_if_needed(
            self.connection,
            segmentation="value",
            tables=FitTables(self.connection.table("features"), "run", "playbook", "words"),
            settings=LayeredSettings(settings, overrides),
            past=PastFits("models", **asked),
            drift=drift,
        )

    @property
    def model_tables(self) -> ModelTables:
        """The tables of which every step reads that applies the current model."""
        return ModelTables(self.connection.table("features"), "models", "current_model", "run")

    def fit(self, settings: dict[str, Any] = SETTINGS, **asked: Any) -> SegmentationModel | None:
        """Store what a fit returns, and return it."""
        return self.store(self.returned(settings, **asked))

    def first_fit(self, settings: dict[str, Any] = SETTINGS) -> SegmentationModel:
        """Store a fit that is made once for all tests with the same tables.

        For tests of what follows a fit: its log is that of the first of them.
        """
        tables = [self.connection.table(name).fetchall() for name in READ_BY_FITS]
        known = repr((settings, tables))
        if known not in _FIRST_FITS:
            _FIRST_FITS[known] = self.returned(settings)
        put_current_model(self.connection, "value", settings)
        model = self.store(_FIRST_FITS[known])
        assert model is not None
        return model

    def store(self, fitted: pa.Table) -> SegmentationModel | None:
        """Store what a fit returned, and return it."""
        assert isinstance(fitted, pa.Table)
        self.connection.register("fitted", fitted)
        self.connection.execute("insert into models select * from fitted")
        self.connection.unregister("fitted")
        return SegmentationModel.from_record(fitted.to_pylist()[0]) if fitted.num_rows else None

    def segments(self) -> pd.DataFrame:
        table = name_segments_of_current_model(
            self.connection,
            segmentation="value",
            tables=self.model_tables,
            playbook="playbook",
            feature_words="words",
        )
        self.connection.register("named", table)
        self.connection.execute("create or replace table segments as select * from named")
        return table.to_pandas()

    def named_segments(self) -> list[NamedSegment]:
        """Name the segments as a build does."""
        self.segments()
        found = self.connection.sql("from segments")
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
        return read_segments(rows)

    def assignments(self) -> pd.DataFrame:
        """Name the segments as a build does, and apply the current model."""
        self.segments()
        relation = assign_segments(
            self.connection,
            tables=self.model_tables,
            segments="segments",
            feature_words="words",
        )
        assert isinstance(relation, duckdb.DuckDBPyRelation)
        return relation.order("customer_id").df()

    def named_assignments(self) -> pd.DataFrame:
        """Apply the current model, and add what its segments are called."""
        return self.assignments().merge(self.connection.table("segments").df(), on="segment_id")


def fitted(house: House, **settings: Any) -> SegmentationModel:
    """Return a model of numbers and categories."""
    model = house.fit({**MIXED, **settings})
    assert model is not None
    return model
