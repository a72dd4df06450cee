"""Applies the current value model to every customer; nothing leaves the engine."""

from segmentation.steps.apply_clusters import assign_segments


def model(dbt, session):
    features = dbt.ref("int_value_features")
    models = dbt.ref("value_model")
    current_model = dbt.ref("value_current_model")
    segments = dbt.ref("value_segments")
    run_settings = dbt.ref("int_run_settings")
    feature_words = dbt.ref("feature_words")
    return assign_segments(
        session,
        features=features,
        models=models,
        current_model=current_model,
        segments=segments,
        run_settings=run_settings,
        feature_words=feature_words,
    )
