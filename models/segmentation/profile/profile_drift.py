"""Compares today's customers with those that the current profile model was fitted to."""

from segmentation.steps.measure_drift import measure_drift


def model(dbt, session):
    features = dbt.ref("int_profile_features")
    assignments = dbt.ref("profile_assignments")
    models = dbt.ref("profile_model")
    current_model = dbt.ref("profile_current_model")
    segments = dbt.ref("profile_segments")
    run_settings = dbt.ref("int_run_settings")
    feature_words = dbt.ref("feature_words")
    least_psi = dbt.config.meta_get("least_psi")
    return measure_drift(
        session,
        segmentation="profile",
        features=features,
        assignments=assignments,
        models=models,
        current_model=current_model,
        segments=segments,
        run_settings=run_settings,
        feature_words=feature_words,
        least_psi=least_psi,
    )
