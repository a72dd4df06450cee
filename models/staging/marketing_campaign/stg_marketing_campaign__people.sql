{{ config(enabled=is_dataset("marketing_campaign")) }}

-- The file is read here and nowhere else, so that what is wrong with it is said once.
with

people as (

    select *
    from {{ source("marketing_campaign", "people") }}

)

select
    cast(customer_id as varchar) as customer_id,
    cast(birth_year as varchar) as birth_year,
    cast(education as varchar) as education,
    cast(marital_status as varchar) as marital_status,
    cast(income as varchar) as income,
    cast(small_children as varchar) as small_children,
    cast(teenagers as varchar) as teenagers,
    cast(joined_on as varchar) as joined_on,
    cast(days_since_purchase as varchar) as days_since_purchase,
    cast(spend_drinks as varchar) as spend_drinks,
    cast(spend_fruits as varchar) as spend_fruits,
    cast(spend_meat as varchar) as spend_meat,
    cast(spend_fish as varchar) as spend_fish,
    cast(spend_sweets as varchar) as spend_sweets,
    cast(spend_gold as varchar) as spend_gold,
    cast(purchases_deals as varchar) as purchases_deals,
    cast(purchases_web as varchar) as purchases_web,
    cast(purchases_catalog as varchar) as purchases_catalog,
    cast(purchases_store as varchar) as purchases_store,
    cast(visits as varchar) as visits,
    cast(response_1 as varchar) as response_1,
    cast(response_2 as varchar) as response_2,
    cast(response_3 as varchar) as response_3,
    cast(response_4 as varchar) as response_4,
    cast(response_5 as varchar) as response_5,
    cast(response_6 as varchar) as response_6,
    cast(source_row as bigint) as source_row,
    cast(malformed as varchar) as malformed
from people
