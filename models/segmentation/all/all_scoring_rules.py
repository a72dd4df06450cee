"""Writes down how people who are in no table yet are scored; a hook makes macros of it."""

from segmentation.steps.scoring_rules import ScoringTables, scoring_rules


def model(dbt, session):
    value_model = dbt.ref("value_model")
    value_current_model = dbt.ref("value_current_model")
    value_segments = dbt.ref("value_segments")
    value_features = dbt.ref("int_value_features")
    profile_model = dbt.ref("profile_model")
    profile_current_model = dbt.ref("profile_current_model")
    profile_segments = dbt.ref("profile_segments")
    profile_features = dbt.ref("int_profile_features")
    run_settings = dbt.ref("int_run_settings")
    feature_words = dbt.ref("feature_words")
    return scoring_rules(
        session,
        segmentations={
            "value": ScoringTables(
                value_model, value_current_model, value_segments, value_features
            ),
            "profile": ScoringTables(
                profile_model, profile_current_model, profile_segments, profile_features
            ),
        },
        run_settings=run_settings,
        feature_words=feature_words,
    )
