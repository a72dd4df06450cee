"""Names the segments of the current profile model and says what sets each apart."""

from segmentation.steps.name_clusters import name_segments_of_current_model
from segmentation.steps.step_tables import ModelTables


def model(dbt, session):
    tables = ModelTables(
        features=dbt.ref("int_profile_features"),
        models=dbt.ref("profile_model"),
        current_model=dbt.ref("profile_current_model"),
        run_settings=dbt.ref("int_run_settings"),
    )
    playbook = dbt.ref("segment_playbook")
    feature_words = dbt.ref("feature_words")
    return name_segments_of_current_model(
        session,
        segmentation="profile",
        tables=tables,
        playbook=playbook,
        feature_words=feature_words,
    )
