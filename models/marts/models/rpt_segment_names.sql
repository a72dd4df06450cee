with

segments as (

    select
        segmentation,
        segment_id,
        segment_slug,
        segment_name,
        named_by,
        slug_at_fit,
        condition,
        condition_in_numbers,
        renamed_because,
        model_version
    from {{ ref("all_segments") }}

)

select
    cast(segmentation as varchar) as segmentation,
    cast(segment_id as integer) as segment_id,
    cast(segment_slug as varchar) as segment_slug,
    cast(segment_name as varchar) as segment_name,
    cast(named_by as varchar) as named_by,
    cast(slug_at_fit as varchar) as slug_at_fit,
    coalesce(slug_at_fit <> segment_slug, false) as is_renamed,
    cast(condition as varchar) as condition,
    cast(condition_in_numbers as varchar) as condition_in_numbers,
    cast(renamed_because as varchar) as renamed_because,
    cast(model_version as varchar) as model_version,
    {{ as_of() }} as as_of
from segments
order by
    segmentation,
    segment_id
