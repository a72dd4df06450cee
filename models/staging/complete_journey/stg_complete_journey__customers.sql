{{ config(enabled=is_dataset("complete_journey")) }}

-- depends_on: {{ ref("stg_complete_journey__orders") }}
-- One after another: the first reader of a source creates its view; two at once would collide.

{% call staged_rows("customers") %}
with

transactions as (

    select household_id
    from {{ source("complete_journey", "transactions") }}

),

campaigns as (

    select household_id
    from {{ source("complete_journey", "campaigns") }}

),

demographics as (

    select
        household_id,
        age,
        income,
        home_ownership,
        marital_status,
        household_size,
        household_comp,
        kids_count
    from {{ source("complete_journey", "demographics") }}

),

-- Two thirds of the households never filled in the demographics; they are customers all the same.
gathered_households as (

    select household_id from transactions
    union distinct
    select household_id from campaigns
    union distinct
    select household_id from demographics

),

-- A band becomes the number in its middle, an open band its edge: 35-44 -> 40, 65+ -> 65.
read_bands as (

    select
        household_id,
        case age
            when '19-24' then 22
            when '25-34' then 30
            when '35-44' then 40
            when '45-54' then 50
            when '55-64' then 60
            when '65+' then 65
        end as age,
        case income
            when 'Under 15K' then 15000
            when '15-24K' then 20000
            when '25-34K' then 30000
            when '35-49K' then 42500
            when '50-74K' then 62500
            when '75-99K' then 87500
            when '100-124K' then 112500
            when '125-149K' then 137500
            when '150-174K' then 162500
            when '175-199K' then 187500
            when '200-249K' then 225000
            when '250K+' then 250000
        end as income,
        home_ownership,
        marital_status,
        case household_size
            when '1' then 1
            when '2' then 2
            when '3' then 3
            when '4' then 4
            when '5+' then 5
        end as household_size,
        household_comp,
        case kids_count
            when '0' then 0
            when '1' then 1
            when '2' then 2
            when '3+' then 3
        end as children
    from demographics

),

joined_attributes as (

    select
        gathered_households.household_id,
        read_bands.age,
        read_bands.income,
        read_bands.home_ownership,
        read_bands.marital_status,
        read_bands.household_size,
        read_bands.household_comp,
        read_bands.children
    from gathered_households
    left join read_bands
        on gathered_households.household_id = read_bands.household_id

)

select
    cast(household_id as varchar) as customer_id,
    cast(household_id as varchar) as identity_id,
    cast(null as integer) as birth_year,
    cast(age as integer) as age,
    cast(null as varchar) as gender,
    cast(marital_status as varchar) as marital_status,
    cast(null as varchar) as education,
    cast(null as varchar) as profession,
    cast(null as varchar) as residence_type,
    cast(home_ownership as varchar) as home_ownership,
    cast(household_size as integer) as household_size,
    cast(children as integer) as children,
    cast(income as decimal(18, 2)) as income,
    cast(null as decimal(18, 2)) as annual_spend,
    cast(null as integer) as work_experience_years,
    cast(null as varchar) as spending_level,
    cast(household_comp as varchar) as other_category,
    cast(null as date) as joined_on,
    cast(null as varchar) as known_segment,
    cast(null as varchar) as further_columns,
    cast(null as bigint) as source_row,
    cast(null as varchar) as unreadable
from joined_attributes
{% endcall %}
