with

campaign_activity as (

    select
        customer_id,
        campaigns_received,
        responses,
        prior_responses,
        visits
    from {{ ref("int_checked_campaign_activity") }}
    where rejected_because is null

),

-- Without a visit there is nothing to convert: no rate, rather than a rate of zero.
divided as (

    select
        customer_id,
        campaigns_received,
        responses,
        prior_responses,
        visits,
        case when visits > 0 then cast(responses as double) / visits end as conversion_rate,
        case
            when campaigns_received > 0 then cast(responses as double) / campaigns_received
        end as response_rate
    from campaign_activity

)

select
    cast(customer_id as varchar) as customer_id,
    cast(campaigns_received as integer) as campaigns_received,
    cast(responses as integer) as responses,
    cast(prior_responses as integer) as prior_responses,
    cast(visits as integer) as visits,
    cast(conversion_rate as double) as conversion_rate,
    cast(response_rate as double) as response_rate
from divided
