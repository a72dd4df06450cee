with

fits as (

    {{ current_lifetime_value_models() }}

),

unnested_curves as (

    select
        fits.model_version,
        drawn.curve,
        drawn.position,
        drawn.expected,
        drawn.actual
    from fits
    cross join {{ unnest_rows("fits.curves", "drawn") }}

)

select
    cast(curve as varchar) as curve,
    cast(position as double) as position,
    cast(expected as double) as expected,
    cast(actual as double) as actual,
    cast(model_version as varchar) as model_version
from unnested_curves
order by
    curve,
    position
