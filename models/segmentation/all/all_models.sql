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
            evidence,
            comparison,
            null as labelled_customers
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
        null as evidence,
        null as comparison,
        labelled_customers
    from prospects_models

),

ranked_models as (

    select
        *,
        row_number() over (
            partition by segmentation, dataset, variant order by model_number desc
        ) as newest_first
    from unioned_models
    -- A damaged row that has lost what identifies it is no model; the log names it.
    where
        dataset is not null
        and variant is not null
        and model_number is not null
        and model_version is not null

)

select
    segmentation,
    dataset,
    variant,
    model_number,
    model_version,
    previous_version,
    newest_first = 1 as is_in_force,
    newest_first = 1
    and dataset = {{ text_literal(dataset()) }}
    and variant = {{ text_literal(variant()) }} as is_of_this_build,
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
    evidence,
    comparison,
    labelled_customers
from ranked_models
