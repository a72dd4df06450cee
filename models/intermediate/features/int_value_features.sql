with

lrfm as (

    select
        customer_id,
        length_days,
        recency_days,
        frequency,
        monetary
    from {{ ref("int_customer_lrfm") }}

),

customers as (

    select
        customer_id,
        age,
        income,
        {{ dbt.datediff("joined_on", as_of(), "day") }} as membership_days  -- noqa: LT05
    from {{ ref("int_customers") }}

),

conversion as (

    select
        customer_id,
        responses,
        prior_responses
    from {{ ref("int_customer_conversion") }}

),

rhythm as (

    select
        customer_id,
        purchase_days,
        tenure_days,
        usual_gap_days,
        overdue_ratio,
        last_return_ratio
    from {{ ref("int_customer_rhythm") }}

),

joined_features as (

    select
        customers.customer_id,
        lrfm.length_days,
        lrfm.recency_days,
        lrfm.frequency,
        lrfm.monetary,
        conversion.responses,
        conversion.prior_responses,
        customers.membership_days,
        customers.age,
        customers.income,
        rhythm.purchase_days,
        rhythm.tenure_days,
        rhythm.usual_gap_days,
        rhythm.overdue_ratio,
        {{ absence_days("lrfm.recency_days", "rhythm.usual_gap_days") | indent(8) }} as absence_days,
        rhythm.last_return_ratio
    from customers
    inner join lrfm
        on customers.customer_id = lrfm.customer_id
    left join conversion
        on customers.customer_id = conversion.customer_id
    left join rhythm
        on customers.customer_id = rhythm.customer_id

)

select
    cast(customer_id as varchar) as customer_id,
    cast(length_days as double) as length_days,
    cast(recency_days as double) as recency_days,
    cast(frequency as double) as frequency,
    cast(monetary as double) as monetary,
    cast(responses as double) as responses,
    cast(prior_responses as double) as prior_responses,
    cast(membership_days as double) as membership_days,
    cast(age as double) as age,
    cast(income as double) as income,
    cast(purchase_days as double) as purchase_days,
    cast(tenure_days as double) as tenure_days,
    cast(usual_gap_days as double) as usual_gap_days,
    cast(overdue_ratio as double) as overdue_ratio,
    cast(absence_days as double) as absence_days,
    cast(last_return_ratio as double) as last_return_ratio
from joined_features
