"""Fits the profile segmentation where a fit is needed; one row per fit."""

from segmentation.steps.fit_clusters import fit_if_needed


def model(dbt, session):
    features = dbt.ref("int_profile_features")
    run_settings = dbt.ref("int_run_settings")
    playbook = dbt.ref("segment_playbook")
    feature_words = dbt.ref("feature_words")
    promotions = dbt.ref("model_promotions")
    settings = dbt.config.meta_get("settings")
    overrides = dbt.config.meta_get("overrides")
    refit = dbt.config.meta_get("refit")
    refit_after_days = dbt.config.meta_get("refit_after_days")
    refit_on_drift = dbt.config.meta_get("refit_on_drift")
    least_psi = dbt.config.meta_get("least_psi")
    return fit_if_needed(
        session,
        segmentation="profile",
        features=features,
        run_settings=run_settings,
        playbook=playbook,
        feature_words=feature_words,
        history=str(dbt.this) if dbt.is_incremental else None,
        settings=settings,
        overrides=overrides,
        refit=refit,
        refit_after_days=refit_after_days,
        refit_on_drift=refit_on_drift,
        least_psi=least_psi,
        runs_schema=dbt.this.schema,
        promotions=promotions,
    )
