"""Names the segments of the current value model and says what sets each apart."""

from segmentation.steps.name_clusters import name_segments_of_current_model
from segmentation.steps.step_tables import ModelTables


def model(dbt, session):
    tables = ModelTables(
        features=dbt.ref("int_value_features"),
        models=dbt.ref("value_model"),
        current_model=dbt.ref("value_current_model"),
        run_settings=dbt.ref("int_run_settings"),
    )
    playbook = dbt.ref("segment_playbook")
    feature_words = dbt.ref("feature_words")
    return name_segments_of_current_model(
        session,
        segmentation="value",
        tables=tables,
        playbook=playbook,
        feature_words=feature_words,
    )
