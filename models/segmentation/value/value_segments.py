"""Names the segments of the current value model and says what sets each apart."""

from segmentation.steps.name_clusters import name_segments_of_current_model


def model(dbt, session):
    features = dbt.ref("int_value_features")
    models = dbt.ref("value_model")
    current_model = dbt.ref("value_current_model")
    run_settings = dbt.ref("int_run_settings")
    playbook = dbt.ref("segment_playbook")
    feature_words = dbt.ref("feature_words")
    return name_segments_of_current_model(
        session,
        segmentation="value",
        features=features,
        models=models,
        current_model=current_model,
        run_settings=run_settings,
        playbook=playbook,
        feature_words=feature_words,
    )
