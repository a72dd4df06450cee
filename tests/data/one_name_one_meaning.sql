-- To be looked at: an RFM name (seeds/rfm_grid.csv) and a value segment are called the same, but
-- fewer than 60 % of the customers who have the name by either have it by both. Names are the same
-- whatever their case, hyphens, plural s and the word "customers". Rename one of them in its seed.
{{ config(severity="warn") }}

with

named_customers as (

    select
        'rfm' as named_by,
        customer_id,
        rfm_name as given_name
    from {{ ref("dim_customers") }}
    where rfm_name is not null

    union all

    select
        'value' as named_by,
        customer_id,
        segment_name as given_name
    from {{ ref("fct_customer_segments") }}
    where
        segmentation = 'value'
        and segment_slug not in ('unassigned', 'noise')

),

plain_names as (

    select
        named_by,
        customer_id,
        replace(
            replace(
                replace(replace(lower(given_name), 'customers', ''), 'customer', ''), ' ', ''
            ), '-', ''
        ) as plain_name
    from named_customers

),

singular_names as (

    select
        named_by,
        customer_id,
        case
            when plain_name like '%s' then left(plain_name, length(plain_name) - 1)
            else plain_name
        end as singular_name
    from plain_names

),

counted_by_customer as (

    select
        singular_name,
        customer_id,
        count(case when named_by = 'rfm' then 1 end) as rfm_names,
        count(case when named_by = 'value' then 1 end) as value_names
    from singular_names
    group by
        singular_name,
        customer_id

),

counted_by_name as (

    select
        singular_name,
        sum(rfm_names) as customers_by_rfm,
        sum(value_names) as customers_by_value,
        sum(rfm_names * value_names) as customers_by_both,
        count(*) as customers_by_either
    from counted_by_customer
    group by singular_name

)

select
    singular_name,
    customers_by_rfm,
    customers_by_value,
    customers_by_both
from counted_by_name
where
    customers_by_rfm > 0
    and customers_by_value > 0
    and customers_by_both < 0.6 * customers_by_either
