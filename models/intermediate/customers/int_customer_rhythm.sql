with

activity as (

    select
        customer_id,
        purchases,
        {{ dbt.datediff("first_purchase_on", "last_purchase_on", "day") }} as length_days,  -- noqa: LT05
        {{ dbt.datediff("last_purchase_on", as_of(), "day") }} as recency_days  -- noqa: LT05
    from {{ ref("int_customer_activity") }}

),

counted_days as (

    {{ counted_purchase_days(as_of()) | indent(4) }}

),

-- Activity that is given ready made says how many purchases and how far the first is from the last:
-- the gaps between them are taken as equal, and as a day or more.
counted_given_gaps as (

    select
        activity.customer_id,
        activity.recency_days,
        activity.length_days,
        case
            when activity.purchases >= 2 and activity.length_days > 0
                then least(activity.purchases - 1, activity.length_days)
            else 0
        end as gaps
    from activity
    left join counted_days
        on activity.customer_id = counted_days.customer_id
    where counted_days.customer_id is null

),

counted_customers as (

    select
        customer_id,
        cast(purchase_days as bigint) as purchase_days,
        cast(tenure_days as bigint) as tenure_days,
        cast(recency_days as bigint) as recency_days,
        cast(gaps as bigint) as gaps,
        cast(log_gaps as decimal(38, 9)) as log_gaps,
        cast(last_gap_days as bigint) as last_gap_days,
        cast(last_log_gap as decimal(18, 9)) as last_log_gap
    from counted_days

    union all

    select
        customer_id,
        cast(null as bigint) as purchase_days,
        cast(null as bigint) as tenure_days,
        cast(recency_days as bigint) as recency_days,
        cast(gaps as bigint) as gaps,
        cast(
            case
                when gaps > 0
                    then gaps * cast(ln(length_days / cast(gaps as double)) as decimal(18, 9))
                else 0
            end as decimal(38, 9)
        ) as log_gaps,
        cast(null as bigint) as last_gap_days,
        cast(null as decimal(18, 9)) as last_log_gap
    from counted_given_gaps

),

rhythm as (

    {{ customer_rhythm("counted_customers") | indent(4) }}

)

select
    cast(customer_id as varchar) as customer_id,
    cast(purchase_days as bigint) as purchase_days,
    cast(tenure_days as integer) as tenure_days,
    cast(usual_gap_days as double) as usual_gap_days,
    cast(typical_log_gap as double) as typical_log_gap,
    cast(overdue_ratio as double) as overdue_ratio,
    cast(last_return_ratio as double) as last_return_ratio
from rhythm
