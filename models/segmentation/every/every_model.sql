with

{% for segmentation in clusterings() %}
{{ segmentation }}_models as (

    select *
    from {{ ref(segmentation ~ "_model") }}

),
{% endfor %}
put_together as (

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
        comparison
    from {{ segmentation }}_models
    {% if not loop.last %}union all{% endif %}
{% endfor %}

),

ranked_models as (

    select
        *,
        row_number() over (
            partition by segmentation, dataset, variant order by model_number desc
        ) as newest_first
    from put_together

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
    and dataset = '{{ dataset() }}'
    and variant = '{{ variant() }}' as is_of_this_build,
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
    comparison
from ranked_models
