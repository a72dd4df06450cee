{{ config(enabled=is_dataset("sample")) }}

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

summed_to_customers as (

    select
        customer_id,
        count(distinct campaign_id) as campaigns_received,
        count(distinct case when responded then campaign_id end) as responses,
        sum(visits) as visits
    from campaign_contacts
    where cast(sent_on as date) <= {{ as_of() }}
    group by customer_id

)

select
    cast(customer_id as varchar) as customer_id,
    cast(campaigns_received as integer) as campaigns_received,
    cast(responses as integer) as responses,
    cast(null as integer) as prior_responses,
    cast(visits as integer) as visits
from summed_to_customers
