with

{% for segmentation in clusterings() %}
    {{ segmentation }}_models as (

        select *
        from {{ ref(segmentation ~ "_model") }}

    ),
{% endfor %}
prospects_models as (

    select *
    from {{ ref("prospects_model") }}

),

lifetime_value_models as (

    select *
    from {{ ref("lifetime_value_model") }}

),

unioned_models as (

    {% for segmentation in clusterings() %}
        select
            segmentation,
            dataset,
            variant,
            model_number,
            model_version,
            previous_version,
            fitted_at,
            as_of,
            lrfm_window_days,
            fit_reason,
            algorithm,
            k,
            k_asked,
            k_by_rule,
            features_used,
            features_dropped,
            metrics,
            options,
            fit_hash,
            sample_fingerprint,
            library_versions,
            k_scan,
            knee_of_shorter_scan,
            null_comparisons,
            structure,
            evidence,
            comparison,
            null as labelled_customers,
            null as horizon_days,
            null as learned_from_day
        from {{ segmentation }}_models
        union all
    {% endfor %}
    select
        segmentation,
        dataset,
        variant,
        model_number,
        model_version,
        previous_version,
        fitted_at,
        as_of,
        lrfm_window_days,
        fit_reason,
        algorithm,
        k,
        'as many as are known' as k_asked,
        null as k_by_rule,
        features_used,
        features_dropped,
        null as metrics,
        options,
        fit_hash,
        sample_fingerprint,
        library_versions,
        null as k_scan,
        null as knee_of_shorter_scan,
        null as null_comparisons,
        null as structure,
        null as evidence,
        null as comparison,
        labelled_customers,
        horizon_days,
        learned_from_day
    from prospects_models
    union all
    select
        segmentation,
        dataset,
        variant,
        model_number,
        model_version,
        previous_version,
        fitted_at,
        as_of,
        lrfm_window_days,
        fit_reason,
        algorithm,
        null as k,
        null as k_asked,
        null as k_by_rule,
        features_used,
        features_dropped,
        null as metrics,
        options,
        fit_hash,
        sample_fingerprint,
        library_versions,
        null as k_scan,
        null as knee_of_shorter_scan,
        null as null_comparisons,
        null as structure,
        null as evidence,
        null as comparison,
        customers as labelled_customers,
        null as horizon_days,
        null as learned_from_day
    from lifetime_value_models

),

current_models as (

    select
        segmentation,
        dataset,
        variant,
        model_number,
        model_version,
        is_of_this_build
    from {{ ref("current_models") }}

),

marked_models as (

    select
        unioned_models.*,
        current_models.model_version is not null as is_in_force,
        coalesce(current_models.is_of_this_build, false) as is_of_this_build
    from unioned_models
    left join current_models
        on
            unioned_models.segmentation = current_models.segmentation
            and unioned_models.dataset = current_models.dataset
            and unioned_models.variant = current_models.variant
            and unioned_models.model_number = current_models.model_number
            and unioned_models.model_version = current_models.model_version
    -- A damaged row that has lost what identifies it is no model; the log names it.
    where
        unioned_models.dataset is not null
        and unioned_models.variant is not null
        and unioned_models.model_number is not null
        and unioned_models.model_version is not null

)

select
    segmentation,
    dataset,
    variant,
    model_number,
    model_version,
    previous_version,
    is_in_force,
    is_of_this_build,
    fitted_at,
    as_of,
    lrfm_window_days,
    fit_reason,
    algorithm,
    k,
    k_asked,
    k_by_rule,
    features_used,
    features_dropped,
    metrics,
    options,
    fit_hash,
    sample_fingerprint,
    library_versions,
    k_scan,
    knee_of_shorter_scan,
    null_comparisons,
    structure,
    evidence,
    comparison,
    labelled_customers,
    horizon_days,
    learned_from_day
from marked_models
