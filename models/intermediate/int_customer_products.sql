with

product_activity as (

    select
        customer_id,
        product_category,
        bought_on,
        revenue,
        discount
    from {{ contract_table("product_activity") }}

),

customers as (

    select customer_id
    from {{ ref("int_customers") }}

),

-- Totals without a day count as they are; days count within the window.
chosen_rows as (

    select
        product_activity.customer_id,
        product_activity.product_category,
        product_activity.revenue,
        product_activity.discount
    from product_activity
    inner join customers
        on product_activity.customer_id = customers.customer_id
    where
        product_activity.bought_on is null
        or (
            product_activity.bought_on >= {{ window_start() }}
            and product_activity.bought_on <= {{ as_of() }}
        )

),

summed_to_categories as (

    select
        customer_id,
        coalesce(product_category, 'unknown') as product_category,
        sum(revenue) as revenue,
        sum(discount) as discount
    from chosen_rows
    group by
        customer_id,
        coalesce(product_category, 'unknown')

)

select
    cast(customer_id as varchar) as customer_id,
    cast(product_category as varchar) as product_category,
    cast(revenue as decimal(18, 2)) as revenue,
    cast(discount as decimal(18, 2)) as discount
from summed_to_categories
