with

customers as (

    select
        customer_id,
        identity_id,
        birth_year,
        age,
        gender,
        marital_status,
        education,
        profession,
        residence_type,
        home_ownership,
        household_size,
        children,
        income,
        annual_spend,
        work_experience_years,
        spending_level,
        other_category,
        joined_on,
        known_segment,
        further_columns
    from {{ ref("int_checked_customers") }}
    where rejected_because is null

),

age_groups as (

    select
        age_group,
        min_age,
        max_age
    from {{ ref("age_groups") }}

),

-- A given age wins over one worked out from the birth year, which is a year off for half of us.
worked_out_ages as (

    select
        *,
        coalesce(age, extract(year from {{ as_of() }}) - birth_year) as age_in_years
    from customers

),

joined_age_groups as (

    select
        worked_out_ages.*,
        age_groups.age_group
    from worked_out_ages
    left join age_groups
        on
            worked_out_ages.age_in_years >= age_groups.min_age
            and (worked_out_ages.age_in_years <= age_groups.max_age or age_groups.max_age is null)

)

select
    cast(customer_id as varchar) as customer_id,
    cast(identity_id as varchar) as identity_id,
    cast(birth_year as integer) as birth_year,
    cast(age_in_years as integer) as age,
    cast(age_group as varchar) as age_group,
    cast(gender as varchar) as gender,
    cast(marital_status as varchar) as marital_status,
    cast(education as varchar) as education,
    cast(profession as varchar) as profession,
    cast(residence_type as varchar) as residence_type,
    cast(home_ownership as varchar) as home_ownership,
    cast(household_size as integer) as household_size,
    cast(children as integer) as children,
    cast(income as decimal(18, 2)) as income,
    cast(annual_spend as decimal(18, 2)) as annual_spend,
    cast(work_experience_years as integer) as work_experience_years,
    cast(spending_level as varchar) as spending_level,
    cast(other_category as varchar) as other_category,
    cast(joined_on as date) as joined_on,
    cast(known_segment as varchar) as known_segment,
    cast(further_columns as varchar) as further_columns
from joined_age_groups
