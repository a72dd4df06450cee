{{ config(enabled=is_dataset("marketing_campaign")) }}

{%- set readings = {
    "birth_year": read_whole_number("birth_year"),
    "income": read_amount("income"),
    "small_children": read_whole_number("small_children", "smallint"),
    "teenagers": read_whole_number("teenagers", "smallint"),
    "joined_on": read_date("joined_on", "dd-mm-yyyy"),
} %}

{% call staged_rows("customers") %}
with

people as (

    select *
    from {{ ref("stg_marketing_campaign__people") }}

),

source_values as (

    select
        source_column,
        source_value,
        contract_value
    from {{ ref("source_values") }}
    where dataset = 'marketing_campaign'

),

read_columns as (

    {{ read_columns(
        "people",
        kept=["customer_id", "education", "marital_status"],
        readings=readings,
    ) }}

),

-- A value that the seed does not know is kept as it is.
translated_values as (

    select
        read_columns.*,
        coalesce(educations.contract_value, read_columns.education) as known_education,
        coalesce(statuses.contract_value, read_columns.marital_status) as known_marital_status
    from read_columns
    left join source_values as educations
        on
            educations.source_column = 'education'
            and lower(read_columns.education) = lower(educations.source_value)
    left join source_values as statuses
        on
            statuses.source_column = 'marital_status'
            and lower(read_columns.marital_status) = lower(statuses.source_value)

)

select
    customer_id,
    customer_id as identity_id,
    birth_year,
    cast(null as integer) as age,
    cast(null as varchar) as gender,
    known_marital_status as marital_status,
    known_education as education,
    cast(null as varchar) as profession,
    cast(null as varchar) as residence_type,
    cast(null as varchar) as home_ownership,
    cast(null as integer) as household_size,
    cast(small_children as integer) + teenagers as children,
    income,
    cast(null as decimal(18, 2)) as annual_spend,
    cast(null as integer) as work_experience_years,
    cast(null as varchar) as spending_level,
    cast(null as varchar) as other_category,
    joined_on,
    cast(null as varchar) as known_segment,
    cast(null as varchar) as further_columns,
    source_row,
    unreadable
from translated_values
{% endcall %}
