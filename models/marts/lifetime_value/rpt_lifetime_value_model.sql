with

fits as (

    {{ current_lifetime_value_models() }}

),

this_run as (

    select {{ as_of() }} as as_of

)

select
    cast(fits.model_version as varchar) as model_version,
    cast(fits.as_of as date) as fitted_as_of,
    cast(fits.fit_reason as varchar) as fit_reason,
    cast(fits.customers as bigint) as customers,
    cast(fits.repeat_customers as bigint) as repeat_customers,
    cast(
        case
            when fits.model_version is null
                then
                    'No customer has a purchase with a date up to this day: refunds are no'
                    || ' purchases, and activity that is given as totals has no days to learn from.'
                    || ' Provide orders with their dates.'
            else fits.why_none
        end as varchar
    ) as why_none,
    cast(case when fits.why_none is null then fits.algorithm end as varchar) as purchase_model,
    cast(fits.choice as varchar) as purchase_model_because,
    cast(fits.spend.correlation as double) as spend_correlation,
    cast(fits.verdict.method as varchar) as forecast_by,
    cast(fits.weights as varchar) as forecast_weights,
    cast(fits.verdict.loses_to_last_period as boolean) as loses_to_last_period,
    cast(fits.verdict.ranks_customers as boolean) as ranks_customers,
    cast(fits.verdict.because as varchar) as forecast_because,
    cast(fits.notes as varchar) as notes,
    cast(this_run.as_of as date) as as_of
from this_run
left join fits
    on 1 = 1
