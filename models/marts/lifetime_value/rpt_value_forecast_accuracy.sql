with

fits as (

    {{ current_lifetime_value_models() }}

),

unnested_accuracy as (

    select
        fits.model_version,
        judged.forecast_on,
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
        judged.auc,
        judged.calibration_slope,
        judged.interval_coverage
    from fits
    cross join {{ unnest_rows("fits.accuracy", "judged") }}

),

judged_segments as (

    select *
    from {{ ref("lifetime_value_accuracy_by_segment") }}

),

segment_names as (

    select
        observed_on,
        segment_slug,
        segment_name,
        model_fitted_later as segments_fitted_later
    from {{ ref("rpt_segment_outcomes") }}
    where segmentation = 'value'

),

named_segments as (

    select
        judged_segments.model_version,
        judged_segments.forecast_on,
        judged_segments.measure,
        judged_segments.forecast_method,
        judged_segments.is_in_use,
        judged_segments.grouped_by,
        judged_segments.group_number,
        judged_segments.customers,
        judged_segments.predicted,
        judged_segments.lower_predicted,
        judged_segments.upper_predicted,
        judged_segments.actual,
        judged_segments.rmse,
        judged_segments.rank_correlation,
        judged_segments.auc,
        judged_segments.calibration_slope,
        judged_segments.interval_coverage,
        coalesce(names.segment_name, judged_segments.group_name) as group_name,
        names.segments_fitted_later
    from judged_segments
    left join segment_names as names
        on
            judged_segments.forecast_on = names.observed_on
            and judged_segments.group_name = names.segment_slug

),

unioned_groups as (

    select
        model_version,
        forecast_on,
        measure,
        forecast_method,
        is_in_use,
        grouped_by,
        group_number,
        group_name,
        customers,
        predicted,
        lower_predicted,
        upper_predicted,
        actual,
        rmse,
        rank_correlation,
        auc,
        calibration_slope,
        interval_coverage,
        cast(null as boolean) as segments_fitted_later
    from unnested_accuracy

    union all

    select
        model_version,
        forecast_on,
        measure,
        forecast_method,
        is_in_use,
        grouped_by,
        group_number,
        group_name,
        customers,
        predicted,
        lower_predicted,
        upper_predicted,
        actual,
        rmse,
        rank_correlation,
        auc,
        calibration_slope,
        interval_coverage,
        segments_fitted_later
    from named_segments

)

select
    cast(forecast_on as date) as forecast_on,
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
    cast(auc as double) as auc,
    cast(calibration_slope as double) as calibration_slope,
    cast(interval_coverage as double) as interval_coverage,
    cast(segments_fitted_later as boolean) as segments_fitted_later,
    cast(model_version as varchar) as model_version
from unioned_groups
order by
    forecast_on,
    measure,
    forecast_method,
    grouped_by,
    group_number
