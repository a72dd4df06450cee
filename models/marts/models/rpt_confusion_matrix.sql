with

classifiers as (

    select
        prospects_models.model_version,
        prospects_models.algorithm,
        prospects_models.confusion
    from {{ ref("prospects_model") }} as prospects_models
    inner join {{ ref("all_models") }} as all_models
        on prospects_models.model_version = all_models.model_version
    where
        all_models.segmentation = 'prospects'
        and all_models.is_of_this_build

),

unnested_confusion as (

    select
        classifiers.model_version,
        classifiers.algorithm,
        cell.candidate,
        cell.actual,
        cell.predicted,
        cell.customers,
        cell.share
    from classifiers
    cross join {{ unnest_rows("classifiers.confusion", "cell") }}

)

select
    cast(model_version as varchar) as model_version,
    cast(candidate as varchar) as candidate,
    candidate = algorithm as is_winner,
    cast(actual as varchar) as actual,
    cast(predicted as varchar) as predicted,
    cast(customers as bigint) as customers,
    cast(share as double) as share
from unnested_confusion
order by
    candidate,
    actual,
    predicted
