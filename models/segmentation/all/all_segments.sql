with

{% for segmentation in segmentations() %}
    {{ segmentation }}_segments as (

        select *
        from {{ ref(segmentation ~ "_segments") }}

    ),
{% endfor %}
unioned_segments as (

    {% for segmentation in segmentations() %}
        select *
        from {{ segmentation }}_segments
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    segmentation,
    segment_id,
    segment_slug,
    segment_name,
    named_by,
    naming_distance,
    headline,
    description,
    strategy,
    channel,
    priority,
    condition,
    condition_in_numbers,
    slug_at_fit,
    renamed_because,
    typical_values,
    model_version
from unioned_segments
