"""Places a sample of the customers, and the segments' centroids, in two dimensions."""

from segmentation.steps.apply_clusters import project_customers
from segmentation.steps.step_tables import ModelTables


def model(dbt, session):
    tables = ModelTables(
        features=dbt.ref("int_value_features"),
        models=dbt.ref("value_model"),
        current_model=dbt.ref("value_current_model"),
        run_settings=dbt.ref("int_run_settings"),
    )
    segments = dbt.ref("value_segments")
    return project_customers(
        session,
        segmentation="value",
        tables=tables,
        segments=segments,
    )
