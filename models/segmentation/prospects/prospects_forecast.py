"""Says how many prospects will be in each segment, and what they will spend."""

from segmentation.steps.apply_prospects import forecast_prospects
from segmentation.steps.step_tables import ModelTables


def model(dbt, session):
    tables = ModelTables(
        features=dbt.ref("int_prospect_features"),
        models=dbt.ref("prospects_model"),
        current_model=dbt.ref("prospects_current_model"),
        run_settings=dbt.ref("int_run_settings"),
    )
    assignments = dbt.ref("prospects_assignments")
    later_sales = dbt.ref("int_later_sales")
    sales_by_age = dbt.ref("int_sales_by_age")
    return forecast_prospects(
        session,
        tables=tables,
        assignments=assignments,
        later_sales=later_sales,
        sales_by_age=sales_by_age,
    )
