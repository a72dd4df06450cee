with

customer_segments as (

    select
        segmentation,
        customer_id,
        segment_slug,
        segment_name
    from {{ ref("fct_customer_segments") }}

),

products as (

    select
        customer_id,
        product_category,
        revenue,
        discount
    from {{ ref("int_customer_products") }}

),

summed_to_segments as (

    select
        customer_segments.segmentation,
        customer_segments.segment_slug,
        customer_segments.segment_name,
        products.product_category,
        count(*) as customers,
        coalesce(sum(products.revenue), 0) as revenue,
        sum(products.discount) as discount
    from customer_segments
    inner join products
        on customer_segments.customer_id = products.customer_id
    group by
        customer_segments.segmentation,
        customer_segments.segment_slug,
        customer_segments.segment_name,
        products.product_category

),

compared_with_all as (

    select
        *,
        sum(revenue) over (partition by segmentation, segment_slug) as revenue_of_segment,
        sum(revenue) over (partition by segmentation, product_category) as revenue_of_category,
        sum(revenue) over (partition by segmentation) as revenue_of_all
    from summed_to_segments

),

divided as (

    select
        *,
        case
            when revenue_of_segment > 0
                then cast(revenue as double) / cast(revenue_of_segment as double)
        end as revenue_share,
        case
            when revenue_of_all > 0
                then cast(revenue_of_category as double) / cast(revenue_of_all as double)
        end as revenue_share_of_all
    from compared_with_all

)

select
    cast(segmentation as varchar) as segmentation,
    cast(segment_slug as varchar) as segment_slug,
    cast(segment_name as varchar) as segment_name,
    cast(product_category as varchar) as product_category,
    cast(customers as bigint) as customers,
    cast(revenue as decimal(38, 2)) as revenue,
    revenue_share,
    revenue_share_of_all,
    case when revenue_share_of_all > 0 then revenue_share / revenue_share_of_all end as preference,
    cast(discount as decimal(38, 2)) as discount,
    case
        when revenue >= 0 and discount >= 0 and revenue + discount > 0
            then cast(discount as double) / cast(revenue + discount as double)
    end as discount_share
from divided
order by
    segmentation,
    segment_slug,
    product_category
