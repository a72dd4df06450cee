{{ config(enabled=is_dataset("complete_journey")) }}

-- depends_on: {{ ref("stg_complete_journey__product_activity") }}
-- One after another: the first reader of a source creates its view; two at once would collide.

{% call staged_rows("campaign_activity") %}
with

campaigns as (

    select
        household_id,
        campaign_id
    from {{ source("complete_journey", "campaigns") }}

),

campaign_descriptions as (

    select
        campaign_id,
        cast(start_date as date) as starts_on,
        cast(end_date as date) as ends_on
    from {{ source("complete_journey", "campaign_descriptions") }}

),

coupon_redemptions as (

    select
        household_id,
        campaign_id,
        cast(redemption_date as date) as redeemed_on
    from {{ source("complete_journey", "coupon_redemptions") }}

),

orders as (

    select
        customer_id,
        order_id,
        cast(ordered_at as date) as ordered_on
    from {{ ref("stg_complete_journey__orders") }}

),

-- A campaign that starts after as_of has not been received yet.
received_campaigns as (

    select
        cast(campaigns.household_id as varchar) as customer_id,
        campaigns.campaign_id,
        campaign_descriptions.starts_on,
        campaign_descriptions.ends_on
    from campaigns
    inner join campaign_descriptions
        on campaigns.campaign_id = campaign_descriptions.campaign_id
    where campaign_descriptions.starts_on <= {{ as_of() }}

),

counted_campaigns as (

    select
        customer_id,
        count(distinct campaign_id) as campaigns_received
    from received_campaigns
    group by customer_id

),

-- A response is a campaign of which at least one coupon was redeemed, however many there were.
counted_responses as (

    select
        cast(household_id as varchar) as customer_id,
        count(distinct campaign_id) as responses
    from coupon_redemptions
    where redeemed_on <= {{ as_of() }}
    group by household_id

),

-- Windows overlap: a basket that falls into three of them is one visit.
counted_visits as (

    select
        orders.customer_id,
        count(distinct orders.order_id) as visits
    from orders
    inner join received_campaigns
        on
            orders.customer_id = received_campaigns.customer_id
            and orders.ordered_on >= received_campaigns.starts_on
            and orders.ordered_on <= received_campaigns.ends_on
    where orders.ordered_on <= {{ as_of() }}
    group by orders.customer_id

),

joined_counts as (

    select
        counted_campaigns.customer_id,
        counted_campaigns.campaigns_received,
        coalesce(counted_responses.responses, 0) as responses,
        coalesce(counted_visits.visits, 0) as visits
    from counted_campaigns
    left join counted_responses
        on counted_campaigns.customer_id = counted_responses.customer_id
    left join counted_visits
        on counted_campaigns.customer_id = counted_visits.customer_id

)

select
    customer_id,
    cast(campaigns_received as integer) as campaigns_received,
    cast(responses as integer) as responses,
    cast(null as integer) as prior_responses,
    cast(visits as integer) as visits,
    cast(null as bigint) as source_row,
    cast(null as varchar) as unreadable
from joined_counts
{% endcall %}
