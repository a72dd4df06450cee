"""Says how many prospects will join each segment, and what they will spend in a year."""

from segmentation.steps.apply_prospects import forecast_prospects


def model(dbt, session):
    assignments = dbt.ref("prospects_assignments")
    models = dbt.ref("prospects_model")
    current_model = dbt.ref("prospects_current_model")
    run_settings = dbt.ref("int_run_settings")
    return forecast_prospects(
        session,
        assignments=assignments,
        models=models,
        current_model=current_model,
        run_settings=run_settings,
    )
