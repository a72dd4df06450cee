with

unioned_figures as (

    {% for segmentation in clusterings() %}
        select
            segmentation,
            subject_kind,
            feature,
            bins,
            psi,
            cast(null as double) as forecast_error,
            threshold,
            threshold_source,
            p_value,
            has_drifted,
            is_alarm,
            expected_to_drift,
            index_in_words,
            customers_at_fit,
            customers_now,
            moved_most,
            share_at_fit,
            share_now,
            model_version,
            fitted_as_of,
            as_of
        from {{ ref(segmentation ~ "_drift") }}
        union all
    {% endfor %}
    select
        segmentation,
        subject_kind,
        feature,
        null as bins,
        null as psi,
        forecast_error,
        threshold,
        threshold_source,
        p_value,
        has_drifted,
        is_alarm,
        expected_to_drift,
        index_in_words,
        null as customers_at_fit,
        customers_now,
        moved_most,
        null as share_at_fit,
        null as share_now,
        model_version,
        fitted_as_of,
        as_of
    from {{ ref("lifetime_value_drift") }}

)

select
    cast(segmentation as varchar) as segmentation,
    cast(subject_kind as varchar) as subject_kind,
    cast(feature as varchar) as feature,
    cast(bins as integer) as bins,
    cast(psi as double) as psi,
    cast(forecast_error as double) as forecast_error,
    cast(threshold as double) as threshold,
    cast(threshold_source as varchar) as threshold_source,
    cast(p_value as double) as p_value,
    cast(has_drifted as boolean) as has_drifted,
    cast(is_alarm as boolean) as is_alarm,
    cast(expected_to_drift as boolean) as expected_to_drift,
    cast(index_in_words as varchar) as index_in_words,
    cast(customers_at_fit as bigint) as customers_at_fit,
    cast(customers_now as bigint) as customers_now,
    cast(moved_most as varchar) as moved_most,
    cast(share_at_fit as double) as share_at_fit,
    cast(share_now as double) as share_now,
    cast(model_version as varchar) as model_version,
    cast(fitted_as_of as date) as fitted_as_of,
    cast(as_of as date) as as_of
from unioned_figures
order by
    segmentation,
    subject_kind,
    feature
