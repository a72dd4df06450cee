with

classifiers as (

    {{ current_classifiers() }}

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
