"""Compares earlier forecasts of lifetime value with their outcomes, by segment."""

from segmentation.steps.judge_forecasts_by_segment import judge_forecasts_by_segment


def model(dbt, session):
    outcomes = dbt.ref("segment_outcomes")
    backtests = dbt.ref("int_value_forecast_backtests")
    models = dbt.ref("lifetime_value_model")
    current_model = dbt.ref("lifetime_value_current_model")
    run_settings = dbt.ref("int_run_settings")
    return judge_forecasts_by_segment(
        session,
        outcomes=outcomes,
        backtests=backtests,
        models=models,
        current_model=current_model,
        run_settings=run_settings,
    )
