with

classifiers as (

    {{ current_classifiers() }}

),

unnested_bins as (

    select
        classifiers.model_version,
        classifiers.temperature,
        bin.stage,
        bin.lower,
        bin.upper,
        bin.customers,
        bin.mean_probability,
        bin.accuracy
    from classifiers
    cross join {{ unnest_rows("classifiers.calibration", "bin") }}

)

select
    cast(model_version as varchar) as model_version,
    cast(temperature as double) as temperature,
    cast(stage as varchar) as calibration_stage,
    cast(lower as double) as lower_probability,
    cast(upper as double) as upper_probability,
    cast(customers as bigint) as predictions,
    cast(mean_probability as double) as mean_probability,
    cast(accuracy as double) as accuracy
from unnested_bins
order by
    calibration_stage,
    lower_probability
