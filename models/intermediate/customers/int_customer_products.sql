with

product_activity as (

    select
        customer_id,
        product_category,
        bought_on,
        revenue,
        discount
    from {{ ref("int_checked_product_activity") }}
    where rejected_because is null

),

-- Totals without a day count as they are; days count within the window.
chosen_rows as (

    select
        customer_id,
        product_category,
        revenue,
        discount
    from product_activity
    where
        bought_on is null
        or (bought_on >= {{ window_start() }} and bought_on <= {{ as_of() }})

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
    cast(revenue as decimal(38, 2)) as revenue,
    cast(discount as decimal(38, 2)) as discount
from summed_to_categories
