"""Fits the models of lifetime value where a fit is needed; one row per fit."""

from segmentation.steps.fit_lifetime_value import fit_lifetime_value_if_needed


def model(dbt, session):
    customers = dbt.ref("int_customer_repeat_purchases")
    backtests = dbt.ref("int_value_forecast_backtests")
    run_settings = dbt.ref("int_run_settings")
    promotions = dbt.ref("model_promotions")
    settings = dbt.config.meta_get("settings")
    overrides = dbt.config.meta_get("overrides")
    refit = dbt.config.meta_get("refit")
    refit_after_days = dbt.config.meta_get("refit_after_days")
    return fit_lifetime_value_if_needed(
        session,
        customers=customers,
        backtests=backtests,
        run_settings=run_settings,
        history=str(dbt.this) if dbt.is_incremental else None,
        settings=settings,
        overrides=overrides,
        refit=refit,
        refit_after_days=refit_after_days,
        runs_schema=dbt.this.schema,
        promotions=promotions,
    )
