"""Compares today's customers with those that the current value model was fitted to."""

from segmentation.steps.measure_drift import measure_drift
from segmentation.steps.step_tables import ModelTables


def model(dbt, session):
    tables = ModelTables(
        features=dbt.ref("int_value_features"),
        models=dbt.ref("value_model"),
        current_model=dbt.ref("value_current_model"),
        run_settings=dbt.ref("int_run_settings"),
    )
    assignments = dbt.ref("value_assignments")
    segments = dbt.ref("value_segments")
    feature_words = dbt.ref("feature_words")
    least_psi = dbt.config.meta_get("least_psi")
    return measure_drift(
        session,
        tables=tables,
        assignments=assignments,
        segments=segments,
        feature_words=feature_words,
        least_psi=least_psi,
    )
