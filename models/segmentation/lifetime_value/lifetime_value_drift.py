"""Compares the newest forecast of lifetime value whose outcome is known with that outcome."""

from segmentation.steps.measure_forecast_error import measure_forecast_error


def model(dbt, session):
    backtests = dbt.ref("int_value_forecast_backtests")
    models = dbt.ref("lifetime_value_model")
    current_model = dbt.ref("lifetime_value_current_model")
    run_settings = dbt.ref("int_run_settings")
    return measure_forecast_error(
        session,
        backtests=backtests,
        models=models,
        current_model=current_model,
        run_settings=run_settings,
    )
