with

fits as (

    {{ current_lifetime_value_models() }}

)

select
    cast(model_version as varchar) as model_version,
    cast(as_of as date) as fitted_as_of,
    cast(fit_reason as varchar) as fit_reason,
    cast(customers as bigint) as customers,
    cast(repeat_customers as bigint) as repeat_customers,
    cast(why_none as varchar) as why_none,
    cast(case when why_none is null then algorithm end as varchar) as purchase_model,
    cast(choice as varchar) as purchase_model_because,
    cast(fits.spend.correlation as double) as spend_correlation,
    cast(fits.verdict.method as varchar) as forecast_by,
    cast(fits.verdict.loses_to_last_period as boolean) as loses_to_last_period,
    cast(fits.verdict.ranks_customers as boolean) as ranks_customers,
    cast(fits.verdict.because as varchar) as forecast_because,
    cast(notes as varchar) as notes
from fits
