with

customers as (

    select *
    from {{ ref("int_customers") }}

),

activity as (

    select
        customer_id,
        items,
        revenue,
        discount
    from {{ ref("int_customer_activity") }}

),

lrfm as (

    select *
    from {{ ref("int_customer_lrfm") }}

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

measured_returns as (

    {{ late_returns("rhythm") | indent(4) }}

),

rfm_scores as (

    select *
    from {{ ref("int_customer_rfm_scores") }}

),

conversion as (

    select *
    from {{ ref("int_customer_conversion") }}

),

value_per_year as (

    select
        customer_id,
        annual_spend
    from {{ ref("int_customer_value_per_year") }}

),

joined_features as (

    select
        customers.*,
        value_per_year.annual_spend as stated_or_seen_spend,
        lrfm.first_purchase_on,
        lrfm.last_purchase_on,
        lrfm.length_days,
        lrfm.recency_days,
        lrfm.frequency,
        lrfm.monetary,
        rhythm.usual_gap_days,
        rhythm.overdue_ratio,
        {{ purchase_state("lrfm", "rhythm", "measured_returns") | indent(8) }} as purchase_state,
        activity.items,
        activity.discount,
        -- Of what the baskets would have cost; where refunds took back more than was bought, or
        -- more discount than was given, there is nothing to take a share of.
        case
            when
                activity.revenue >= 0
                and activity.discount >= 0
                and activity.revenue + activity.discount > 0
                then activity.discount / cast(activity.revenue + activity.discount as double)
        end as discount_share,
        rfm_scores.recency_score,
        rfm_scores.frequency_score,
        rfm_scores.monetary_score,
        rfm_scores.rfm_name,
        conversion.campaigns_received,
        conversion.responses,
        conversion.prior_responses,
        conversion.visits,
        conversion.conversion_rate,
        conversion.response_rate
    from customers
    cross join measured_returns
    left join lrfm
        on customers.customer_id = lrfm.customer_id
    left join activity
        on customers.customer_id = activity.customer_id
    left join rhythm
        on customers.customer_id = rhythm.customer_id
    left join rfm_scores
        on customers.customer_id = rfm_scores.customer_id
    left join conversion
        on customers.customer_id = conversion.customer_id
    left join value_per_year
        on customers.customer_id = value_per_year.customer_id

)

select
    customer_id,
    identity_id,
    birth_year,
    age,
    age_group,
    gender,
    marital_status,
    education,
    profession,
    residence_type,
    home_ownership,
    household_size,
    children,
    income,
    cast(stated_or_seen_spend as decimal(38, 2)) as annual_spend,
    work_experience_years,
    spending_level,
    other_category,
    joined_on,
    known_segment,
    first_purchase_on,
    last_purchase_on,
    length_days,
    recency_days,
    frequency,
    monetary,
    usual_gap_days,
    overdue_ratio,
    cast(purchase_state as varchar) as purchase_state,
    items,
    discount,
    cast(discount_share as double) as discount_share,
    recency_score,
    frequency_score,
    monetary_score,
    rfm_name,
    campaigns_received,
    responses,
    prior_responses,
    visits,
    conversion_rate,
    response_rate,
    {{ as_of() }} as as_of
from joined_features
order by customer_id
