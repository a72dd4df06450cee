with

{% for segmentation in clusterings() %}
    {{ segmentation }}_points as (

        select *
        from {{ ref(segmentation ~ "_projection") }}

    ),
{% endfor %}
segments as (

    select
        segmentation,
        segment_id,
        segment_slug,
        segment_name
    from {{ ref("all_segments") }}

),

unioned_points as (

    {% for segmentation in clusterings() %}
        select *
        from {{ segmentation }}_points
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

named_points as (

    select
        unioned_points.segmentation,
        unioned_points.point,
        unioned_points.customer_id,
        coalesce(segments.segment_slug, 'noise') as segment_slug,
        coalesce(segments.segment_name, 'Noise') as segment_name,
        unioned_points.x,
        unioned_points.y,
        unioned_points.x_explained_variance,
        unioned_points.y_explained_variance,
        unioned_points.model_version
    from unioned_points
    left join segments
        on
            unioned_points.segmentation = segments.segmentation
            and unioned_points.segment_id = segments.segment_id

)

select
    cast(segmentation as varchar) as segmentation,
    cast(point as varchar) as point_kind,
    cast(customer_id as varchar) as customer_id,
    cast(segment_slug as varchar) as segment_slug,
    cast(segment_name as varchar) as segment_name,
    cast(x as double) as x,
    cast(y as double) as y,
    cast(x_explained_variance as double) as x_explained_variance,
    cast(y_explained_variance as double) as y_explained_variance,
    cast(model_version as varchar) as model_version
from named_points
order by
    segmentation,
    point_kind,
    customer_id,
    segment_slug
