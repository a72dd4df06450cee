with

purchase_days as (

    select
        customer_id,
        purchased_on,
        cast({{ dbt.date_trunc("month", "purchased_on") }} as date) as purchase_month
    from {{ ref("int_purchase_days") }}

),

first_months as (

    select
        customer_id,
        min(purchase_month) as cohort_month
    from purchase_days
    group by customer_id

),

cohorts as (

    select
        cohort_month,
        count(*) as customers
    from first_months
    group by cohort_month

),

-- Fifty years: as old as any cohort becomes here.
numbers as (

    {{ dbt.generate_series(600) }}

),

-- A month in which nobody of the cohort bought has a row too.
listed_months as (

    select
        cohorts.cohort_month,
        cohorts.customers,
        cast(numbers.generated_number - 1 as integer) as months_since_first,
        cast(
            {{
                dbt.dateadd(
                    datepart="month",
                    interval="cast(numbers.generated_number - 1 as integer)",
                    from_date_or_timestamp="cohorts.cohort_month",
                )
            }} as date
        ) as calendar_month
    from cohorts
    cross join numbers

),

counted_buyers as (

    select
        first_months.cohort_month,
        purchase_days.purchase_month,
        count(distinct purchase_days.customer_id) as buying_customers
    from purchase_days
    inner join first_months
        on purchase_days.customer_id = first_months.customer_id
    group by
        first_months.cohort_month,
        purchase_days.purchase_month

),

joined_buyers as (

    select
        listed_months.cohort_month,
        listed_months.months_since_first,
        listed_months.calendar_month,
        listed_months.customers,
        coalesce(counted_buyers.buying_customers, 0) as buying_customers
    from listed_months
    left join counted_buyers
        on
            listed_months.cohort_month = counted_buyers.cohort_month
            and listed_months.calendar_month = counted_buyers.purchase_month
    where listed_months.calendar_month <= {{ as_of() }}

)

select
    cast(cohort_month as date) as cohort_month,
    cast(months_since_first as integer) as months_since_first,
    cast(calendar_month as date) as calendar_month,
    cast(customers as bigint) as customers,
    cast(buying_customers as bigint) as buying_customers,
    cast(buying_customers as double) / customers as share,
    cast({{ dbt.dateadd("month", 1, "calendar_month") }} as date)
    <= cast({{ dbt.dateadd("day", 1, as_of()) }} as date) as is_whole_month,
    {{ as_of() }} as as_of
from joined_buyers
order by
    cohort_month,
    months_since_first
