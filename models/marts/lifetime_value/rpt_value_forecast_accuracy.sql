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
        interval_coverage
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
        interval_coverage
    from judged_segments

),

named_groups as (

    select
        unioned_groups.*,
        segment_names.segment_name,
        segment_names.segments_fitted_later
    from unioned_groups
    left join segment_names
        on
            unioned_groups.grouped_by = 'segment'
            and unioned_groups.forecast_on = segment_names.observed_on
            and unioned_groups.group_name = segment_names.segment_slug

)

select
    cast(forecast_on as date) as forecast_on,
    cast(measure as varchar) as measure,
    cast(forecast_method as varchar) as forecast_method,
    cast(is_in_use as boolean) as is_in_use,
    cast(grouped_by as varchar) as grouped_by,
    cast(group_number as integer) as group_number,
    cast(coalesce(segment_name, group_name) as varchar) as group_name,
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
from named_groups
order by
    forecast_on,
    measure,
    forecast_method,
    grouped_by,
    group_number
