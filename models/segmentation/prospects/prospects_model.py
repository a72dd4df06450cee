"""Fits the classifier of prospects where a fit is needed; one row per fit."""

from segmentation.steps.fit_decision import PastFits
from segmentation.steps.fit_prospects import ProspectFitTables, fit_prospects_if_needed
from segmentation.steps.overrides import LayeredSettings
from segmentation.steps.prospect_targets import TablesAtAge


def model(dbt, session):
    at_age = TablesAtAge(
        horizon=dbt.ref("int_prospect_horizon"),
        features=dbt.ref("int_features_at_age"),
        later_sales=dbt.ref("int_later_sales"),
        value_features=dbt.ref("int_value_features"),
        value_models=dbt.ref("value_model"),
        value_current_model=dbt.ref("value_current_model"),
        value_segments=dbt.ref("value_segments"),
    )
    tables = ProspectFitTables(
        features=dbt.ref("int_prospect_features"),
        at_age=at_age,
        value_per_year=dbt.ref("int_customer_value_per_year"),
        run_settings=dbt.ref("int_run_settings"),
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
    first_days = dbt.config.meta_get("first_days")
    return fit_prospects_if_needed(
        session,
        tables=tables,
        settings=settings,
        past=past,
        first_days=first_days,
    )
