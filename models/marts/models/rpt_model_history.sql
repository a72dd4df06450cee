with

models as (

    select *
    from {{ ref("all_models") }}

)

select
    cast(segmentation as varchar) as segmentation,
    cast(dataset as varchar) as dataset,
    cast(variant as varchar) as variant,
    cast(model_number as integer) as model_number,
    cast(model_version as varchar) as model_version,
    cast(previous_version as varchar) as previous_version,
    is_in_force,
    cast(chosen_by as varchar) as chosen_by,
    cast(became as varchar) as became,
    cast(fitted_at as timestamp) as fitted_at,
    cast(as_of as date) as as_of,
    cast(lrfm_window_days as integer) as lrfm_window_days,
    cast(fit_reason as varchar) as fit_reason,
    cast(algorithm as varchar) as algorithm,
    cast(k as integer) as k,
    cast(k_asked as varchar) as k_asked,
    cast(features_used as varchar) as features_used,
    cast(features_dropped as varchar) as features_dropped,
    cast(coalesce(metrics.customers, labelled_customers) as bigint) as customers,
    cast(coalesce(metrics.sample_customers, labelled_customers) as bigint) as sample_customers,
    cast(horizon_days as integer) as horizon_days,
    cast(learned_from_day as date) as learned_from_day,
    cast(metrics.inertia as double) as inertia,
    cast(metrics.passes as integer) as passes,
    cast(metrics.converged as boolean) as converged,
    cast(options as varchar) as options,
    cast(fit_hash as varchar) as fit_hash,
    cast(sample_fingerprint as varchar) as sample_fingerprint,
    cast(library_versions as varchar) as library_versions
from models
order by
    segmentation,
    dataset,
    variant,
    model_number
