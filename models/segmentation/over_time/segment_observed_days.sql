with

observed_days as (

    select
        dataset,
        variant,
        segmentation,
        as_of,
        model_version,
        customers
    from {{ in_any_file(ref("segment_log")) }}
    where row_kind = 'day'

),

fitted_models as (

    select
        dataset,
        variant,
        segmentation,
        model_version,
        max(as_of) as fitted_as_of
    from {{ in_any_file(ref("all_models")) }}
    group by
        dataset,
        variant,
        segmentation,
        model_version

)

select
    observed_days.dataset,
    observed_days.variant,
    observed_days.segmentation,
    observed_days.as_of,
    observed_days.model_version,
    fitted_models.fitted_as_of as model_fitted_as_of,
    observed_days.customers
from observed_days
left join fitted_models
    on
        observed_days.dataset = fitted_models.dataset
        and observed_days.variant = fitted_models.variant
        and observed_days.segmentation = fitted_models.segmentation
        and observed_days.model_version = fitted_models.model_version
