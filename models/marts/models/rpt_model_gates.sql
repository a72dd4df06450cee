with

models as (

    select
        segmentation,
        dataset,
        variant,
        model_version,
        became,
        is_in_force,
        gates
    from {{ ref("all_models") }}

),

unnested_gates as (

    select
        models.segmentation,
        models.dataset,
        models.variant,
        models.model_version,
        models.became,
        models.is_in_force,
        gate.name as gate_name,
        gate.value as gate_value,
        gate.limit as gate_limit,
        gate.passed as is_passed
    from models
    cross join {{ unnest_rows("models.gates", "gate") }}

)

select
    cast(segmentation as varchar) as segmentation,
    cast(dataset as varchar) as dataset,
    cast(variant as varchar) as variant,
    cast(model_version as varchar) as model_version,
    cast(became as varchar) as became,
    cast(is_in_force as boolean) as is_in_force,
    cast(gate_name as varchar) as gate,
    cast(gate_value as double) as gate_value,
    cast(gate_limit as double) as least_value,
    cast(is_passed as boolean) as is_passed
from unnested_gates
order by
    segmentation,
    dataset,
    variant,
    model_version,
    gate
