with

activity as (

    select *
    from {{ contract_table("campaign_activity") }}

),

customers as (

    select customer_id
    from {{ ref("int_checked_customers") }}
    where rejected_because is null

),

judged_alone as (

    select
        activity.*,
        {{ row_text(contract_columns("campaign_activity"), "activity") }} as contents,
        case
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
            when customers.customer_id is null
                then
                    concat(
                        'customer ''',
                        activity.customer_id,
                        ''' is not among the accepted customers'
                    )
        end as wrong_alone
    from activity
    left join customers
        on activity.customer_id = customers.customer_id

),

-- Of several good rows with one id the first of the file is kept, else the first in text order.
counted_repeats as (

    select
        *,
        row_number() over (
            partition by customer_id, wrong_alone is null
            order by source_row asc nulls last, contents asc
        ) as occurrence
    from judged_alone

),

judged as (

    select
        *,
        case
            when wrong_alone is not null then wrong_alone
            when occurrence > 1 then 'customer_id stands in an earlier row'
        end as rejected_because
    from counted_repeats

)

select
    cast(customer_id as varchar) as customer_id,
    cast(campaigns_received as integer) as campaigns_received,
    cast(responses as integer) as responses,
    cast(prior_responses as integer) as prior_responses,
    cast(visits as integer) as visits,
    cast(source_row as bigint) as source_row,
    cast(rejected_because as varchar) as rejected_because,
    cast(case when rejected_because is not null then contents end as varchar) as contents
from judged
