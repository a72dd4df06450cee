"""Applies the current classifier to every prospect, in batches."""

from segmentation.steps.apply_prospects import assign_prospects
from segmentation.steps.step_tables import ModelTables


def model(dbt, session):
    tables = ModelTables(
        features=dbt.ref("int_prospect_features"),
        models=dbt.ref("prospects_model"),
        current_model=dbt.ref("prospects_current_model"),
        run_settings=dbt.ref("int_run_settings"),
    )
    feature_words = dbt.ref("feature_words")
    return assign_prospects(
        session,
        tables=tables,
        feature_words=feature_words,
    )
