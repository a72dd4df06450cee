"""Places a sample of the customers, and the segments' centroids, in two dimensions."""

from segmentation.steps.apply_clusters import project_customers
from segmentation.steps.step_tables import ModelTables


def model(dbt, session):
    tables = ModelTables(
        features=dbt.ref("int_profile_features"),
        models=dbt.ref("profile_model"),
        current_model=dbt.ref("profile_current_model"),
        run_settings=dbt.ref("int_run_settings"),
    )
    segments = dbt.ref("profile_segments")
    return project_customers(
        session,
        segmentation="profile",
        tables=tables,
        segments=segments,
    )
