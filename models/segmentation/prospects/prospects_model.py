"""Fits the classifier of prospects where a fit is needed; one row per fit."""

from segmentation.steps.fit_prospects import fit_prospects_if_needed
from segmentation.steps.prospect_targets import TablesAtAge


def model(dbt, session):
    features = dbt.ref("int_prospect_features")
    at_age = TablesAtAge(
        horizon=dbt.ref("int_prospect_horizon"),
        features=dbt.ref("int_features_at_age"),
        later_sales=dbt.ref("int_later_sales"),
        value_features=dbt.ref("int_value_features"),
        value_models=dbt.ref("value_model"),
        value_current_model=dbt.ref("value_current_model"),
        value_segments=dbt.ref("value_segments"),
    )
    value_per_year = dbt.ref("int_customer_value_per_year")
    run_settings = dbt.ref("int_run_settings")
    feature_words = dbt.ref("feature_words")
    promotions = dbt.ref("model_promotions")
    settings = dbt.config.meta_get("settings")
    overrides = dbt.config.meta_get("overrides")
    first_days = dbt.config.meta_get("first_days")
    refit = dbt.config.meta_get("refit")
    refit_after_days = dbt.config.meta_get("refit_after_days")
    return fit_prospects_if_needed(
        session,
        features=features,
        at_age=at_age,
        value_per_year=value_per_year,
        run_settings=run_settings,
        feature_words=feature_words,
        history=str(dbt.this) if dbt.is_incremental else None,
        settings=settings,
        overrides=overrides,
        first_days=first_days,
        refit=refit,
        refit_after_days=refit_after_days,
        runs_schema=dbt.this.schema,
        promotions=promotions,
    )
