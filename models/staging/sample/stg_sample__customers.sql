{{ config(enabled=is_dataset("sample")) }}

with

customers as (

    select
        customer_id,
        birth_year,
        gender,
        marital_status,
        home_ownership,
        children,
        income,
        joined_on
    from {{ ref("sample_customers") }}

)

select
    cast(customer_id as varchar) as customer_id,
    cast(customer_id as varchar) as identity_id,
    cast(birth_year as integer) as birth_year,
    cast(null as integer) as age,
    cast(gender as varchar) as gender,
    cast(marital_status as varchar) as marital_status,
    cast(null as varchar) as education,
    cast(null as varchar) as profession,
    cast(null as varchar) as residence_type,
    cast(home_ownership as varchar) as home_ownership,
    cast(null as integer) as household_size,
    cast(children as integer) as children,
    cast(income as decimal(18, 2)) as income,
    cast(null as decimal(18, 2)) as annual_spend,
    cast(null as integer) as work_experience_years,
    cast(null as varchar) as spending_level,
    cast(null as varchar) as other_category,
    cast(joined_on as date) as joined_on,
    cast(null as varchar) as known_segment
from customers
