-- Broken: revenue was lost or counted twice on its way from the customers to the segments.
with

segmentations as (

    {% for segmentation in segmentations() -%}
        select '{{ segmentation }}' as segmentation
        {% if not loop.last %}union all{% endif %}
    {% endfor -%}

),

of_customers as (

    select coalesce(sum(revenue), 0) as revenue
    from {{ ref("int_customer_activity") }}

),

of_segments as (

    select
        segmentation,
        sum(revenue) as revenue
    from {{ ref("rpt_segment_value") }}
    group by segmentation

)

select
    segmentations.segmentation,
    of_segments.revenue,
    of_customers.revenue as customer_revenue
from segmentations
cross join of_customers
left join of_segments
    on segmentations.segmentation = of_segments.segmentation
where of_customers.revenue <> coalesce(of_segments.revenue, 0)
