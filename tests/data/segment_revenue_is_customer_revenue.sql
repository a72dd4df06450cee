-- Broken: revenue was lost or counted twice on its way from the customers to the segments.
with

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
    of_segments.segmentation,
    of_segments.revenue,
    of_customers.revenue as customer_revenue
from of_segments
cross join of_customers
where of_segments.revenue <> of_customers.revenue
