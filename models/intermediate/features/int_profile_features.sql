with

customers as (

    select
        customer_id,
        age,
        income,
        household_size,
        children,
        work_experience_years,
        gender,
        marital_status,
        education,
        profession,
        residence_type,
        home_ownership,
        spending_level,
        other_category,
        further_columns
    from {{ ref("int_customers") }}

),

value_per_year as (

    select
        customer_id,
        annual_spend
    from {{ ref("int_customer_value_per_year") }}

),

states as (

    select
        customer_id,
        profile_state
    from {{ ref("int_profile_states") }}

),

known_customers as (

    select customers.*
    from customers
    inner join states
        on customers.customer_id = states.customer_id
    where states.profile_state = 'known'

)

select
    cast(known_customers.customer_id as varchar) as customer_id,
    cast(known_customers.age as double) as age,
    cast(value_per_year.annual_spend as double) as annual_spend,
    cast(known_customers.income as double) as income,
    cast(known_customers.household_size as double) as household_size,
    cast(known_customers.children as double) as children,
    cast(known_customers.work_experience_years as double) as work_experience_years,
    cast(known_customers.gender as varchar) as gender,
    cast(known_customers.marital_status as varchar) as marital_status,
    cast(known_customers.education as varchar) as education,
    cast(known_customers.profession as varchar) as profession,
    cast(known_customers.residence_type as varchar) as residence_type,
    cast(known_customers.home_ownership as varchar) as home_ownership,
    cast(known_customers.spending_level as varchar) as spending_level,
    cast(known_customers.other_category as varchar) as other_category,
    cast(known_customers.further_columns as varchar) as further_columns
from known_customers
left join value_per_year
    on known_customers.customer_id = value_per_year.customer_id
