with

fits as (

    {{ current_lifetime_value_models() }}

),

unnested_parameters as (

    select
        fits.model_version,
        fitted.model_family,
        fitted.parameter_symbol,
        fitted.estimate,
        fitted.standard_error,
        fitted.lower,
        fitted.upper,
        fitted.is_in_use
    from fits
    cross join {{ unnest_rows("fits.parameters", "fitted") }}

)

select
    cast(model_family as varchar) as model_family,
    cast(parameter_symbol as varchar) as parameter_symbol,
    cast(estimate as double) as estimate,
    cast(standard_error as double) as standard_error,
    cast(lower as double) as lower,
    cast(upper as double) as upper,
    cast(is_in_use as boolean) as is_in_use,
    cast(model_version as varchar) as model_version
from unnested_parameters
order by
    model_family,
    parameter_symbol
