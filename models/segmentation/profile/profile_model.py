"""Fits the profile segmentation where a fit is needed; one row per fit."""

from segmentation.steps.fit_clusters import RefitOnDrift, fit_if_needed
from segmentation.steps.fit_decision import PastFits
from segmentation.steps.overrides import LayeredSettings
from segmentation.steps.step_tables import FitTables


def model(dbt, session):
    tables = FitTables(
        features=dbt.ref("int_profile_features"),
        run_settings=dbt.ref("int_run_settings"),
        playbook=dbt.ref("segment_playbook"),
        feature_words=dbt.ref("feature_words"),
    )
    settings = LayeredSettings(
        dbt.config.meta_get("settings"),
        dbt.config.meta_get("overrides"),
    )
    past = PastFits(
        history=str(dbt.this) if dbt.is_incremental else None,
        refit=dbt.config.meta_get("refit"),
        refit_after_days=dbt.config.meta_get("refit_after_days"),
        runs_schema=dbt.this.schema,
        promotions=dbt.ref("model_promotions"),
    )
    drift = RefitOnDrift(
        refit=dbt.config.meta_get("refit_on_drift"),
        least_psi=dbt.config.meta_get("least_psi"),
    )
    return fit_if_needed(
        session,
        segmentation="profile",
        tables=tables,
        settings=settings,
        past=past,
        drift=drift,
    )
