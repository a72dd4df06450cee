"""Compares today's customers with those that the current profile model was fitted to."""

from segmentation.steps.measure_drift import measure_drift
from segmentation.steps.step_tables import ModelTables


def model(dbt, session):
    tables = ModelTables(
        features=dbt.ref("int_profile_features"),
        models=dbt.ref("profile_model"),
        current_model=dbt.ref("profile_current_model"),
        run_settings=dbt.ref("int_run_settings"),
    )
    assignments = dbt.ref("profile_assignments")
    segments = dbt.ref("profile_segments")
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
