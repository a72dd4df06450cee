{{ config(enabled=is_dataset("marketing_campaign")) }}

{%- set readings = {
    "visits": read_whole_number("visits"),
    "response_1": read_whole_number("response_1", "smallint"),
    "response_2": read_whole_number("response_2", "smallint"),
    "response_3": read_whole_number("response_3", "smallint"),
    "response_4": read_whole_number("response_4", "smallint"),
    "response_5": read_whole_number("response_5", "smallint"),
    "response_6": read_whole_number("response_6", "smallint"),
} %}

{% call staged_rows("campaign_activity") %}
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

)

-- The last campaign is the one that went to everybody; the five before it are told apart.
select
    customer_id,
    cast(1 as integer) as campaigns_received,
    cast(response_6 as integer) as responses,
    cast(response_1 as integer) + response_2 + response_3 + response_4 + response_5
        as prior_responses,
    cast(visits as integer) as visits,
    source_row,
    unreadable
from read_columns
{% endcall %}
