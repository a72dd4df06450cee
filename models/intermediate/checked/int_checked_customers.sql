with

read_rows as (

    select *
    from {{ contract_table("customers") }}

),

{{ without_suppressed("customers", "read_rows", "customers") }},

judged_alone as (

    select
        *,
        case
            {{ say_that_it_is_suppressed() }}
            when unreadable is not null then concat('cannot be read: ', unreadable)
            when {{ is_blank("customer_id") }} then 'no customer_id'
            when
                birth_year > extract(year from {{ latest_day() }})
                or birth_year < extract(year from {{ latest_day() }}) - 110
                then concat('impossible birth_year ', cast(birth_year as varchar))
            when age < 0 or age > 110 then concat('impossible age ', cast(age as varchar))
            when household_size < 0 or children < 0 or work_experience_years < 0
                then 'a negative count'
            {{- say_what_is_too_large("customers") }}
            when joined_on < cast('1900-01-01' as date)
                then concat('impossible joined_on ', cast(joined_on as varchar))
            when joined_on > {{ latest_day() }}
                then concat('joined_on ', cast(joined_on as varchar), ' lies in the future')
        end as wrong_alone
    from customers

),

-- Of several good rows with one id the first of the file is kept, else the first in text order.
{{ judged_repeats(
    "customer_id",
    order_by=["source_row asc nulls last", row_text(contract_columns("customers"))],
) }}

select
    cast(customer_id as varchar) as customer_id,
    cast(coalesce(identity_id, customer_id) as varchar) as identity_id,
    cast(birth_year as integer) as birth_year,
    cast(age as integer) as age,
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
    cast(further_columns as varchar) as further_columns,
    cast(source_row as bigint) as source_row,
    cast(rejected_because as varchar) as rejected_because,
    {{ contents_of_rejected("customers") }} as contents
from judged
