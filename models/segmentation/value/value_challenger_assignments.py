"""Applies the last fit of the value segmentation to every customer, where another is current."""

from segmentation.steps.challengers import assign_challenger
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
    return assign_challenger(
        session,
        segmentation="value",
        tables=tables,
        playbook=playbook,
        feature_words=feature_words,
    )
