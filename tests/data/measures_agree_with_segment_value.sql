-- Broken: the rows that metrics are summed over count other customers, or other revenue, in a
-- segment than rpt_segment_value.
with

measures as (

    {% for segmentation in segmentations() -%}
        select
            '{{ segmentation }}' as segmentation,
            {{ segmentation }}_segment_slug as segment_slug,
            revenue
        from {{ ref("fct_customer_measures") }}
        {% if not loop.last %}union all{% endif %}
    {% endfor -%}

),

summed_to_segments as (

    select
        segmentation,
        segment_slug,
        count(*) as customers,
        sum(revenue) as revenue
    from measures
    group by
        segmentation,
        segment_slug

)

select
    summed_to_segments.segmentation,
    summed_to_segments.segment_slug,
    summed_to_segments.customers,
    summed_to_segments.revenue,
    segment_value.segmentation as other_segmentation,
    segment_value.segment_slug as other_segment_slug,
    segment_value.customers as other_customers,
    segment_value.revenue as other_revenue
from summed_to_segments
full outer join {{ ref("rpt_segment_value") }} as segment_value
    on
        summed_to_segments.segmentation = segment_value.segmentation
        and summed_to_segments.segment_slug = segment_value.segment_slug
where
    summed_to_segments.customers is distinct from segment_value.customers
    or summed_to_segments.revenue is distinct from segment_value.revenue
