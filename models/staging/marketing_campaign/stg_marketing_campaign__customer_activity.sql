{{ config(enabled=is_dataset("marketing_campaign")) }}

{%- set readings = {
    "days_since_purchase": read_whole_number("days_since_purchase", "smallint"),
    "purchases_deals": read_whole_number("purchases_deals", "bigint"),
    "purchases_web": read_whole_number("purchases_web", "bigint"),
    "purchases_catalog": read_whole_number("purchases_catalog", "bigint"),
    "purchases_store": read_whole_number("purchases_store", "bigint"),
    "spend_drinks": read_amount("spend_drinks"),
    "spend_fruits": read_amount("spend_fruits"),
    "spend_meat": read_amount("spend_meat"),
    "spend_fish": read_amount("spend_fish"),
    "spend_sweets": read_amount("spend_sweets"),
    "spend_gold": read_amount("spend_gold"),
} %}
{%- set drawn_on = "cast('" ~ dataset_day("marketing_campaign") ~ "' as date)" %}

{% call staged_rows("customer_activity") %}
with

people as (

    select *
    from {{ ref("stg_marketing_campaign__people") }}

),

read_columns as (

    {{ read_columns(
        "people",
        kept=["customer_id"],
        readings=readings,
    ) }}

),

-- Days since the last purchase were counted on the day that the file was drawn.
summed_columns as (

    select
        customer_id,
        source_row,
        unreadable,
        {{ dbt.dateadd("day", "-days_since_purchase", drawn_on) }} as last_purchase_on,
        coalesce(purchases_deals, 0)
        + coalesce(purchases_web, 0)
        + coalesce(purchases_catalog, 0)
        + coalesce(purchases_store, 0) as purchases,
        coalesce(spend_drinks, 0)
        + coalesce(spend_fruits, 0)
        + coalesce(spend_meat, 0)
        + coalesce(spend_fish, 0)
        + coalesce(spend_sweets, 0)
        + coalesce(spend_gold, 0) as revenue
    from read_columns

)

select
    customer_id,
    -- The day of joining is not the day of the first purchase, which is unknown.
    cast(null as date) as first_purchase_on,
    cast(last_purchase_on as date) as last_purchase_on,
    cast(purchases as bigint) as purchases,
    cast(null as bigint) as items,
    cast(revenue as decimal(18, 2)) as revenue,
    source_row,
    unreadable
from summed_columns
{% endcall %}
