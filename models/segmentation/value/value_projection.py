"""Places a sample of the customers, and the segments' centroids, in two dimensions."""

from segmentation.steps.clusters import project_customers


def model(dbt, session):
    features = dbt.ref("int_value_features")
    models = dbt.ref("value_model")
    run_settings = dbt.ref("int_run_settings")
    return project_customers(
        session,
        segmentation="value",
        features=features,
        models=models,
        run_settings=run_settings,
    )
