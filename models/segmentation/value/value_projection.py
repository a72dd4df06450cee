"""Places a sample of the customers, and the segments' centroids, in two dimensions."""

from segmentation.steps.apply_clusters import project_customers


def model(dbt, session):
    features = dbt.ref("int_value_features")
    models = dbt.ref("value_model")
    current_model = dbt.ref("value_current_model")
    segments = dbt.ref("value_segments")
    run_settings = dbt.ref("int_run_settings")
    return project_customers(
        session,
        segmentation="value",
        features=features,
        models=models,
        current_model=current_model,
        segments=segments,
        run_settings=run_settings,
    )
