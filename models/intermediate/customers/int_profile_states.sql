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

-- The spend does not count: it does not say what kind of person a customer is.
named_states as (

    select
        customer_id,
        case
            when
                age is not null
                or income is not null
                or household_size is not null
                or children is not null
                or work_experience_years is not null
                or gender is not null
                or marital_status is not null
                or education is not null
                or profession is not null
                or residence_type is not null
                or home_ownership is not null
                or spending_level is not null
                or other_category is not null
                or {{ json_has_text("further_columns") }}
                then 'known'
            else 'nothing known'
        end as profile_state
    from customers

)

select
    cast(customer_id as varchar) as customer_id,
    cast(profile_state as varchar) as profile_state,
    cast(
        case
            when profile_state = 'nothing known'
                then 'nothing is known about the person or household'
        end as varchar
    ) as unassigned_because
from named_states
