"""Fits the models of lifetime value where a fit is needed; one row per fit."""

from segmentation.steps.fit_decision import PastFits
from segmentation.steps.fit_lifetime_value import fit_lifetime_value_if_needed
from segmentation.steps.overrides import LayeredSettings


def model(dbt, session):
    customers = dbt.ref("int_customer_repeat_purchases")
    backtests = dbt.ref("int_value_forecast_backtests")
    run_settings = dbt.ref("int_run_settings")
    settings = LayeredSettings(
        dbt.config.meta_get("settings"),
        dbt.config.meta_get("overrides"),
    )
    past = PastFits(
        history=str(dbt.this) if dbt.is_incremental else None,
        refit=dbt.config.meta_get("refit"),
        refit_after_days=dbt.config.meta_get("refit_after_days"),
        runs_schema=dbt.this.schema,
        promotions=dbt.ref("model_promotions"),
    )
    return fit_lifetime_value_if_needed(
        session,
        customers=customers,
        backtests=backtests,
        run_settings=run_settings,
        settings=settings,
        past=past,
    )
