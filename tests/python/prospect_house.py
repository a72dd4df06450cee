"""The tables that a dbt build would have made of prospects, for unit tests to fit and apply on."""

from __future__ import annotations

import datetime
from functools import cache
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from house import FEATURES as VALUE_FEATURES
from house import SETTINGS as VALUE_SETTINGS
from house import House
from newest_model import put_current_model
from segmentation.classification.model import ProspectsModel
from segmentation.steps.apply_prospects import assign_prospects, forecast_prospects
from segmentation.steps.fit_decision import PastFits
from segmentation.steps.fit_prospects import ProspectFitTables, fit_prospects_if_needed
from segmentation.steps.name_prospects import name_prospect_segments
from segmentation.steps.overrides import LayeredSettings
from segmentation.steps.prospect_targets import TablesAtAge
from segmentation.steps.step_tables import ModelTables

FEATURES = ["age", "income", "profession", "spending_level"]
SETTINGS: dict[str, Any] = {
    "features": FEATURES,
    "ordered_categories": {"spending_level": ["Low", "Average", "High"]},
    "candidates": ["logistic_regression"],
    "folds": 2,
    "repeats": 1,
    "tuning_folds": 2,
    "importance_repeats": 1,
    "seed": 1,
}
LABELS = ("A", "B", "C")
PLAYBOOK = [("prospects", None, "a", "Artists", ""), ("prospects", None, "b", "Doctors", "")]


def people(labels: tuple[str, ...] = LABELS, labelled: int = 120, prospects: int = 30) -> Any:
    """Return people whose segment mostly depends on age and profession: the first are labelled.

    Each label is that of as many; some ages, incomes and professions are unknown.
    """
    rows = labelled + prospects
    random = np.random.default_rng(11)
    planted = np.arange(rows) % len(labels)
    professions = np.array([f"profession {i}" for i in range(len(labels))], dtype=object)
    frame = pd.DataFrame(
        {
            "customer_id": [f"P{i:03d}" for i in range(rows)],
            "identity_id": [f"P{i:03d}" for i in range(rows)],
            "is_prospect": np.arange(rows) >= labelled,
            "target": np.array(labels, dtype=object)[planted],
            "target_source": "known segment",
            "age": np.round(25.0 + 20 * planted + random.normal(0, 4, rows), 3),
            "income": np.round(random.lognormal(10, 0.5, rows), 2),
            "profession": professions[planted],
            "spending_level": np.array(["Low", "Average", "High"], dtype=object)[
                random.choice(3, rows)
            ],
        }
    )
    frame.loc[frame.is_prospect, "target"] = None
    frame.loc[random.random(rows) < 0.1, "age"] = np.nan
    frame.loc[random.random(rows) < 0.1, "income"] = np.nan
    frame.loc[random.random(rows) < 0.1, "profession"] = None
    return frame


class ProspectHouse:
    """The tables that a dbt build would have made."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame) -> None:
        self.connection = connection
        self.features(frame)
        self.no_horizon("no forecast: 0 customers were seen for 90 days")
        self.revenue({})
        self.run("sample", "default", datetime.date(2025, 12, 31))
        self.playbook(PLAYBOOK)
        connection.execute(
            "create table words as select 'age' as feature, 'younger' as low_words, 'older' as"
            " high_words, '{} years old' as amount, 0 as decimals"
        )
        connection.register("no_models", ProspectsModel.as_table())
        connection.execute("create table models as select * from no_models")
        put_current_model(connection, "prospects", SETTINGS)

    def put(self, name: str, frame: pd.DataFrame | pa.Table) -> None:
        self.connection.register("frame", frame)
        self.connection.execute(f"create or replace table {name} as select * from frame")
        self.connection.unregister("frame")

    def features(self, frame: pd.DataFrame) -> None:
        """Store the people; a text column without values is text too."""
        self.put("features", frame)
        for name in frame.columns.intersection(
            ["target", "target_source", "profession", "spending_level"]
        ):
            self.connection.execute(f"alter table features alter {name} type varchar")

    def no_horizon(self, why: str) -> None:
        """Store that too few customers have reached any age: there is nobody to learn from."""
        self.connection.execute(
            "create or replace table horizon as select null::int as horizon_days,"
            f" null::date as learned_from_day, '{why}' as no_forecast_because"
        )

    def horizon(self, days: int, customers: pd.DataFrame, value_model: dict[str, Any]) -> None:
        """Store customers who have reached an age, and the value model that they are of.

        Parameters
        ----------
        days : int
        customers : pandas.DataFrame
            customer_id, first_purchase_on, later_revenue, and the features of the value model,
            which are what they are today too.
        value_model : dict
            What `value_tables` returned.
        """
        self.connection.execute(
            f"create or replace table horizon as select {days} as horizon_days,"
            " date '2025-02-01' as learned_from_day, null::varchar as no_forecast_because"
        )
        self.put("features_at_age", customers.drop(columns="later_revenue"))
        self.put("value_features", customers[["customer_id", *VALUE_FEATURES]])
        self.put("later_sales", customers[["customer_id", "later_revenue"]].assign(seen_days=days))
        # A prospect of 60 days has had half of what is to come.
        self.connection.execute(
            "insert into later_sales by name select customer_id, 1.0 as later_revenue, 60 as"
            " seen_days from features where is_prospect"
        )
        self.connection.execute(
            "create or replace table sales_by_age as select * from"
            f" (values (60, 0.5::double), ({days}, 1::double)) as t (age_days, share_so_far)"
        )
        self.value_model(value_model)

    def value_model(self, tables: dict[str, Any]) -> None:
        """Store a value model: what `value_tables` returned."""
        for name, rows in tables.items():
            self.put(name, rows)

    def revenue(self, per_year: dict[str, float | None]) -> None:
        frame = pd.DataFrame(
            {"customer_id": list(per_year), "revenue_per_year": list(per_year.values())}
        ).astype({"customer_id": object, "revenue_per_year": float})
        self.put("value_per_year", frame)

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

    def playbook(self, rows: list[tuple[str, int | None, str, str, str]]) -> None:
        columns = ["segmentation", "k", "segment_slug", "segment_name", "target_z_scores"]
        frame = pd.DataFrame(rows, columns=columns)
        frame["strategy"] = "Treat as " + frame["segment_name"].astype(object)
        self.put("playbook", frame.assign(description="", channel="", priority=""))

    def returned(
        self, *, overrides: Any = None, first_days: dict[str, Any] | None = None, **asked: Any
    ) -> pa.Table:
        """Return the row that the model step returns to dbt."""
        tables = ProspectFitTables(
            features=self.connection.table("features"),
            at_age=TablesAtAge(
                horizon="horizon",
                features="features_at_age",
                later_sales="later_sales",
                value_features="value_features",
                value_models="value_models",
                value_current_model="value_current_model",
                value_segments="value_segments",
            ),
            value_per_year="value_per_year",
            run_settings="run",
            feature_words="words",
        )
        return fit_prospects_if_needed(
            self.connection,
            tables=tables,
            settings=LayeredSettings(SETTINGS, overrides),
            past=PastFits("models", **asked),
            first_days=first_days,
        )

    @property
    def model_tables(self) -> ModelTables:
        """The tables of which every step reads that applies the current model."""
        return ModelTables(self.connection.table("features"), "models", "current_model", "run")

    def fit(self, **asked: Any) -> ProspectsModel | None:
        """Fit if needed, and read the row back as the engine stored it."""
        return self.store(self.returned(**asked))

    def store(self, fitted: pa.Table) -> ProspectsModel | None:
        """Store what a fit returned, and read the row back as the engine stored it."""
        assert isinstance(fitted, pa.Table)
        self.connection.register("fitted", fitted)
        self.connection.execute("insert into models select * from fitted")
        self.connection.unregister("fitted")
        if not fitted.num_rows:
            return None
        stored = self.connection.sql(
            "from models order by fitted_at desc, model_number desc limit 1"
        ).to_arrow_table()
        return ProspectsModel.from_record(stored.to_pylist()[0])

    def fitted(self, **asked: Any) -> ProspectsModel:
        """Fit, and fail the test if nothing is fitted."""
        model = self.fit(**asked)
        assert model is not None
        return model

    def first_fit(self) -> ProspectsModel:
        """Store the model that a first build fits to `people`; it is fitted once in a process."""
        model = self.store(_first_fit())
        assert model is not None
        return model

    def segments(self) -> pd.DataFrame:
        return name_prospect_segments(
            self.connection,
            tables=self.model_tables,
            value_segments="value_segments",
            playbook="playbook",
        ).to_pandas()

    def assignments(self) -> pd.DataFrame:
        relation = assign_prospects(
            self.connection,
            tables=self.model_tables,
            feature_words="words",
        )
        assert isinstance(relation, duckdb.DuckDBPyRelation)
        self.connection.execute(f"create or replace table assignments as {relation.sql_query()}")
        return self.connection.sql("from assignments order by customer_id").df()

    def forecast(self) -> pd.DataFrame:
        """Forecast from the latest assignments."""
        return forecast_prospects(
            self.connection,
            tables=self.model_tables,
            assignments="assignments",
            later_sales="later_sales",
            sales_by_age="sales_by_age",
        ).to_pandas()


@cache
def _first_fit() -> pa.Table:
    with duckdb.connect() as connection:
        return ProspectHouse(connection, people()).returned()


def value_tables(customers: pd.DataFrame, **settings: Any) -> dict[str, Any]:
    """Fit a value model to customers, in a database of its own, and return its tables."""
    with duckdb.connect() as connection:
        house = House(connection, customers.assign(planted=0))
        assert house.fit({**VALUE_SETTINGS, **settings}) is not None
        return {
            "value_models": connection.sql("from models").to_arrow_table(),
            "value_current_model": connection.sql("from current_model").to_arrow_table(),
            "value_segments": house.segments(),
        }


def at_age(customers: pd.DataFrame) -> pd.DataFrame:
    """Return planted customers as they were at an age, and what they spent until then."""
    days = np.arange(len(customers)) % 200
    return customers.drop(columns="planted").assign(
        first_purchase_on=pd.Timestamp("2025-02-01") + pd.to_timedelta(days, unit="D"),
        later_revenue=np.round(customers.monetary / 2, 2),
    )


def later(prospects: ProspectHouse) -> dict[str, Any]:
    """Let a month pass, and return what makes the model too old."""
    prospects.run("sample", "default", datetime.date(2026, 1, 31))
    return {"refit_after_days": 30}


def pinned(prospects: ProspectHouse, version: str) -> str:
    """Pin a version, and return the name of the table that says so."""
    prospects.connection.execute(
        "create or replace table promotions as select 'prospects' as segmentation, 'sample' as"
        f" dataset, '' as variant, '{version}' as model_version, 'pin' as action, '2020-01-01' as"
        " decided_on"
    )
    put_current_model(prospects.connection, "prospects", SETTINGS, promotions="promotions")
    return "promotions"
