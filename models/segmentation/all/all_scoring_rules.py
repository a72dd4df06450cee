"""Writes down how people who are in no table yet are scored; a hook makes macros of it."""

from segmentation.steps.clusters import scoring_rules


def model(dbt, session):
    value_model = dbt.ref("value_model")
    value_segments = dbt.ref("value_segments")
    profile_model = dbt.ref("profile_model")
    profile_segments = dbt.ref("profile_segments")
    value_features = dbt.ref("int_value_features")
    profile_features = dbt.ref("int_profile_features")
    run_settings = dbt.ref("int_run_settings")
    feature_words = dbt.ref("feature_words")
    return scoring_rules(
        session,
        models={"value": value_model, "profile": profile_model},
        segments={"value": value_segments, "profile": profile_segments},
        features={"value": value_features, "profile": profile_features},
        run_settings=run_settings,
        feature_words=feature_words,
    )
