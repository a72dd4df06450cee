-- Broken: a customer is missing from a segmentation, or stands in one without being a customer.
-- Everybody has a segment, or is "unassigned" with a reason.
with

customers as (

    select count(*) as customers
    from {{ ref("int_customers") }}

),

segmented as (

    select
        segmentation,
        count(*) as customers
    from {{ ref("fct_customer_segments") }}
    group by segmentation

)

select
    segmented.segmentation,
    segmented.customers as segmented_customers,
    customers.customers
from segmented
cross join customers
where segmented.customers <> customers.customers
