with

read_rows as (

    select *
    from {{ contract_table("campaign_activity") }}

),

{{ without_suppressed("activity", "read_rows", "campaign_activity") }},

customers as (

    select customer_id
    from {{ ref("int_checked_customers") }}
    where rejected_because is null

),

judged_alone as (

    select
        activity.*,
        case
            {{ say_that_it_is_suppressed("activity") }}
            when activity.unreadable is not null
                then concat('cannot be read: ', activity.unreadable)
            when {{ is_blank("activity.customer_id") }}
                then 'no customer_id'
            when
                activity.campaigns_received < 0
                or activity.responses < 0
                or activity.prior_responses < 0
                or activity.visits < 0
                then 'a negative count'
            {{- say_who_is_not_accepted("activity") }}
        end as wrong_alone
    from activity
    left join customers
        on activity.customer_id = customers.customer_id

),

-- Of several good rows with one id the first of the file is kept, else the first in text order.
{{ judged_repeats(
    "customer_id",
    order_by=["source_row asc nulls last", row_text(contract_columns("campaign_activity"))],
) }}

select
    cast(customer_id as varchar) as customer_id,
    cast(campaigns_received as integer) as campaigns_received,
    cast(responses as integer) as responses,
    cast(prior_responses as integer) as prior_responses,
    cast(visits as integer) as visits,
    cast(source_row as bigint) as source_row,
    cast(rejected_because as varchar) as rejected_because,
    {{ contents_of_rejected("campaign_activity") }} as contents
from judged
