with

lrfm as (

    select
        customer_id,
        recency_days,
        frequency,
        monetary
    from {{ ref("int_customer_lrfm") }}

),

rfm_grid as (

    select
        rfm_name,
        min_recency_score,
        max_recency_score,
        min_frequency_score,
        max_frequency_score
    from {{ ref("rfm_grid") }}

),

-- rank() gives equal behaviour one rank, and so one score; ntile() would cut through the ties.
ranked as (

    select
        customer_id,
        rank() over (order by recency_days desc) as recency_rank,
        rank() over (order by frequency asc) as frequency_rank,
        rank() over (order by monetary asc) as monetary_rank,
        count(*) over () as customers
    from lrfm

),

scored as (

    select
        customer_id,
        1 + floor(5 * (recency_rank - 1) / cast(customers as double)) as recency_score,
        1 + floor(5 * (frequency_rank - 1) / cast(customers as double)) as frequency_score,
        1 + floor(5 * (monetary_rank - 1) / cast(customers as double)) as monetary_score
    from ranked

),

named as (

    select
        scored.customer_id,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        rfm_grid.rfm_name
    from scored
    left join rfm_grid
        on
            scored.recency_score between rfm_grid.min_recency_score and rfm_grid.max_recency_score
            and scored.frequency_score
            between rfm_grid.min_frequency_score and rfm_grid.max_frequency_score

)

select
    cast(customer_id as varchar) as customer_id,
    cast(recency_score as integer) as recency_score,
    cast(frequency_score as integer) as frequency_score,
    cast(monetary_score as integer) as monetary_score,
    cast(rfm_name as varchar) as rfm_name
from named
