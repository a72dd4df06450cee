-- Broken: revenue was lost or counted twice on its way from the orders to the segments. Everybody's
-- counts, also refunds to customers who never bought; where a customer has no orders up to as_of,
-- the activity that is given ready made.
with

segmentations as (

    {% for segmentation in segmentations() -%}
        select '{{ segmentation }}' as segmentation
        {% if not loop.last %}union all{% endif %}
    {% endfor -%}

),

of_orders as (

    select coalesce(sum(revenue), 0) as revenue
    from {{ ref("int_checked_orders") }}
    where
        rejected_because is null
        and cast(ordered_at as date) between {{ window_start() }} and {{ as_of() }}

),

given_ready_made as (

    select coalesce(sum(revenue), 0) as revenue
    from {{ ref("int_checked_customer_activity") }}
    where
        rejected_because is null
        and last_purchase_on <= {{ as_of() }}
        and customer_id not in (
            select customer_id
            from {{ ref("int_checked_orders") }}
            where
                rejected_because is null
                and cast(ordered_at as date) <= {{ as_of() }}
        )

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
    of_orders.revenue as order_revenue,
    given_ready_made.revenue as given_revenue
from segmentations
cross join of_orders
cross join given_ready_made
left join of_segments
    on segmentations.segmentation = of_segments.segmentation
where coalesce(of_segments.revenue, 0) <> of_orders.revenue + given_ready_made.revenue
