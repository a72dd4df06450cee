"""Says what each customer is expected to buy, and what they are worth."""

from segmentation.steps.apply_lifetime_value import forecast_lifetime_value


def model(dbt, session):
    customers = dbt.ref("int_customer_repeat_purchases")
    models = dbt.ref("lifetime_value_model")
    current_model = dbt.ref("lifetime_value_current_model")
    run_settings = dbt.ref("int_run_settings")
    return forecast_lifetime_value(
        session,
        customers=customers,
        models=models,
        current_model=current_model,
        run_settings=run_settings,
    )
