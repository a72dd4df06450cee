"""Places a sample of the customers, and the segments' centroids, in two dimensions."""

from segmentation.steps.apply_clusters import project_customers


def model(dbt, session):
    features = dbt.ref("int_profile_features")
    models = dbt.ref("profile_model")
    current_model = dbt.ref("profile_current_model")
    segments = dbt.ref("profile_segments")
    run_settings = dbt.ref("int_run_settings")
    return project_customers(
        session,
        segmentation="profile",
        features=features,
        models=models,
        current_model=current_model,
        segments=segments,
        run_settings=run_settings,
    )
