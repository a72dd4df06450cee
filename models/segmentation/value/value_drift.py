"""Compares today's customers with those that the current value model was fitted to."""

from segmentation.steps.measure_drift import measure_drift


def model(dbt, session):
    features = dbt.ref("int_value_features")
    assignments = dbt.ref("value_assignments")
    models = dbt.ref("value_model")
    current_model = dbt.ref("value_current_model")
    segments = dbt.ref("value_segments")
    run_settings = dbt.ref("int_run_settings")
    feature_words = dbt.ref("feature_words")
    least_psi = dbt.config.meta_get("least_psi")
    return measure_drift(
        session,
        segmentation="value",
        features=features,
        assignments=assignments,
        models=models,
        current_model=current_model,
        segments=segments,
        run_settings=run_settings,
        feature_words=feature_words,
        least_psi=least_psi,
    )
