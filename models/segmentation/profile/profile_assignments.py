"""Applies the current profile model to every customer; nothing leaves the engine."""

from segmentation.steps.apply_clusters import assign_segments
from segmentation.steps.step_tables import ModelTables


def model(dbt, session):
    tables = ModelTables(
        features=dbt.ref("int_profile_features"),
        models=dbt.ref("profile_model"),
        current_model=dbt.ref("profile_current_model"),
        run_settings=dbt.ref("int_run_settings"),
    )
    segments = dbt.ref("profile_segments")
    feature_words = dbt.ref("feature_words")
    return assign_segments(
        session,
        tables=tables,
        segments=segments,
        feature_words=feature_words,
    )
