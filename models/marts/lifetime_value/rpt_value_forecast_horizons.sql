with

fits as (

    {{ current_lifetime_value_models() }}

),

unnested_horizons as (

    select
        fits.model_version,
        judged.forecast_on,
        judged.horizon_days,
        judged.measure,
        judged.forecast_method,
        judged.is_in_use,
        judged.grouped_by,
        judged.group_number,
        judged.group_name,
        judged.customers,
        judged.predicted,
        judged.lower_predicted,
        judged.upper_predicted,
        judged.actual,
        judged.rmse,
        judged.rank_correlation,
        judged.calibration_slope,
        judged.interval_coverage
    from fits
    cross join {{ unnest_rows("fits.horizons", "judged") }}

)

select
    cast(forecast_on as date) as forecast_on,
    cast(horizon_days as integer) as horizon_days,
    cast(measure as varchar) as measure,
    cast(forecast_method as varchar) as forecast_method,
    cast(is_in_use as boolean) as is_in_use,
    cast(grouped_by as varchar) as grouped_by,
    cast(group_number as integer) as group_number,
    cast(group_name as varchar) as group_name,
    cast(customers as bigint) as customers,
    cast(predicted as double) as predicted,
    cast(lower_predicted as double) as lower_predicted,
    cast(upper_predicted as double) as upper_predicted,
    cast(actual as double) as actual,
    cast(actual between lower_predicted and upper_predicted as boolean) as is_covered,
    cast((predicted - actual) / nullif(actual, 0) as double) as error_share,
    cast(rmse as double) as rmse,
    cast(rank_correlation as double) as rank_correlation,
    cast(calibration_slope as double) as calibration_slope,
    cast(interval_coverage as double) as interval_coverage,
    cast(model_version as varchar) as model_version
from unnested_horizons
order by
    forecast_on,
    horizon_days,
    measure,
    forecast_method,
    grouped_by,
    group_number
