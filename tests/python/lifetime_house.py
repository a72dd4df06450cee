"""The tables that a dbt build would have made of lifetime value, for unit tests to fit on."""

from __future__ import annotations

from functools import cache
from typing import Any

import duckdb
import lifetime_value_shop as shop
import pandas as pd
import pyarrow as pa
from newest_model import put_current_model
from segmentation.lifetime_value.model import LifetimeValueModel
from segmentation.steps.apply_lifetime_value import forecast_lifetime_value
from segmentation.steps.fit_decision import PastFits
from segmentation.steps.fit_lifetime_value import fit_lifetime_value_if_needed
from segmentation.steps.overrides import LayeredSettings

SETTINGS: dict[str, Any] = {"gradient_boosting": False, "seed": 3}


class LifetimeHouse:
    """The tables that a dbt build would have made."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        for name, frame in _tables().items():
            self.put(name, frame)
        connection.execute(
            "create table run as select 'sample' as dataset, 'default' as variant, "
            f"date '{shop.AS_OF}' as as_of, 365 as lrfm_window_days"
        )
        connection.register("no_models", LifetimeValueModel.as_table())
        connection.execute("create table models as select * from no_models")
        put_current_model(connection, "lifetime_value", SETTINGS)

    def put(self, name: str, frame: pd.DataFrame) -> None:
        self.connection.register("frame", frame)
        self.connection.execute(f"create or replace table {name} as select * from frame")
        self.connection.unregister("frame")

    def no_backtests(self) -> None:
        """Forget what came after earlier quarters: a fit is judged by none, in half of the time."""
        self.connection.execute("delete from backtests")

    def fit(self, **arguments: Any) -> LifetimeValueModel | None:
        """Fit if needed, store what is returned, and return the model."""
        return self.store(self.returned(**arguments))

    def returned(
        self, settings: dict[str, Any] = SETTINGS, overrides: Any = None, **asked: Any
    ) -> pa.Table:
        """Return the row that the model step returns to dbt."""
        return fit_lifetime_value_if_needed(
            self.connection,
            customers="customers",
            backtests="backtests",
            run_settings="run",
            settings=LayeredSettings(settings, overrides),
            past=PastFits("models", **asked),
        )

    def store(self, fitted: pa.Table) -> LifetimeValueModel | None:
        """Store what a fit returned, and return the model."""
        self.connection.register("fitted", fitted)
        self.connection.execute("insert into models by name select * from fitted")
        self.connection.unregister("fitted")
        rows = fitted.to_pylist()
        return LifetimeValueModel.from_record(rows[0]) if rows else None

    def first_fit(self, *, combine: bool = True) -> LifetimeValueModel:
        """Store the model that a first build fits; it is fitted once in a process."""
        model = self.store(_first_fit(combine))
        assert model is not None
        return model

    def forecast(self) -> pd.DataFrame:
        """Return the forecast of all customers, by customer_id."""
        relation = forecast_lifetime_value(
            self.connection,
            customers="customers",
            models="models",
            current_model="current_model",
            run_settings="run",
        )
        return relation.df().sort_values("customer_id").reset_index(drop=True)


@cache
def _tables() -> dict[str, pd.DataFrame]:
    days = shop.purchase_days()
    frames = shop.backtest_frames(days, shop.QUARTER_ENDS)
    return {
        "customers": shop.customers_on(days, shop.AS_OF),
        "backtests": pd.concat([f.assign(forecast_on=day) for day, f in frames]),
    }


@cache
def _first_fit(combine: bool) -> pa.Table:
    with duckdb.connect() as connection:
        overrides = {} if combine else {"combine": False}
        return LifetimeHouse(connection).returned(overrides=overrides)
