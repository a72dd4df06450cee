"""Says how many prospects will be in each segment, and what they will spend."""

from segmentation.steps.apply_prospects import forecast_prospects


def model(dbt, session):
    assignments = dbt.ref("prospects_assignments")
    models = dbt.ref("prospects_model")
    current_model = dbt.ref("prospects_current_model")
    features = dbt.ref("int_prospect_features")
    later_sales = dbt.ref("int_later_sales")
    sales_by_age = dbt.ref("int_sales_by_age")
    run_settings = dbt.ref("int_run_settings")
    return forecast_prospects(
        session,
        assignments=assignments,
        models=models,
        current_model=current_model,
        features=features,
        later_sales=later_sales,
        sales_by_age=sales_by_age,
        run_settings=run_settings,
    )
