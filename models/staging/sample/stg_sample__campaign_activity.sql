{{ config(enabled=is_dataset("sample")) }}

{%- set readings = {
    "sent_on": read_date("sent_on"),
    "visits": read_whole_number("visits", "smallint"),
    "responded": "try_cast(responded as boolean)",
} %}

{% call staged_rows("campaign_activity") %}
with

campaign_contacts as (

    select
        customer_id,
        campaign_id,
        sent_on,
        visits,
        responded
    from {{ ref("sample_campaign_contacts") }}

),

read_contacts as (

    select
        customer_id,
        campaign_id,
        {{ readings["sent_on"] }} as sent_on,
        {{ readings["visits"] }} as visits,
        {{ readings["responded"] }} as responded,
        {{ unreadable(readings) }} as unreadable
    from campaign_contacts

),

-- A contact that cannot be read is not left out of the sum: it makes the row unreadable.
summed_to_customers as (

    select
        customer_id,
        count(distinct campaign_id) as campaigns_received,
        count(distinct case when responded then campaign_id end) as responses,
        sum(visits) as visits,
        min(unreadable) as unreadable
    from read_contacts
    where
        sent_on <= {{ as_of() }}
        or unreadable is not null
    group by customer_id

)

select
    cast(customer_id as varchar) as customer_id,
    cast(campaigns_received as integer) as campaigns_received,
    cast(responses as integer) as responses,
    cast(null as integer) as prior_responses,
    cast(visits as integer) as visits,
    cast(null as bigint) as source_row,
    cast(unreadable as varchar) as unreadable
from summed_to_customers
{% endcall %}
