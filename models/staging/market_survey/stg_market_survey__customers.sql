{{ config(enabled=is_dataset("market_survey")) }}

{%- set readings = {
    "age": read_whole_number("age"),
    "work_experience": read_whole_number("work_experience"),
    "family_size": read_whole_number("family_size"),
} %}

{% call staged_rows("customers") %}
with

people as (

    select *
    from {{ ref("stg_market_survey__people") }}

),

source_values as (

    select
        source_column,
        source_value,
        contract_value
    from {{ ref("source_values") }}
    where dataset = 'market_survey'

),

read_columns as (

    {{ read_columns(
        "people",
        kept=[
            "customer_id",
            "person_id",
            "gender",
            "ever_married",
            "graduated",
            "profession",
            "spending_score",
            "var_1",
            "segmentation",
        ],
        readings=readings,
    ) }}

),

-- A value that the seed does not know is kept as it is; rpt_unknown_values lists it.
translated_values as (

    select
        read_columns.*,
        coalesce(statuses.contract_value, read_columns.ever_married) as marital_status,
        coalesce(educations.contract_value, read_columns.graduated) as education,
        coalesce(levels.contract_value, read_columns.spending_score) as spending_level
    from read_columns
    left join source_values as statuses
        on
            statuses.source_column = 'marital_status'
            and lower(read_columns.ever_married) = lower(statuses.source_value)
    left join source_values as educations
        on
            educations.source_column = 'education'
            and lower(read_columns.graduated) = lower(educations.source_value)
    left join source_values as levels
        on
            levels.source_column = 'spending_level'
            and lower(read_columns.spending_score) = lower(levels.source_value)

)

select
    customer_id,
    person_id as identity_id,
    cast(null as integer) as birth_year,
    age,
    gender,
    marital_status,
    education,
    profession,
    cast(null as varchar) as residence_type,
    cast(null as varchar) as home_ownership,
    family_size as household_size,
    cast(null as integer) as children,
    cast(null as decimal(18, 2)) as income,
    cast(null as decimal(18, 2)) as annual_spend,
    work_experience as work_experience_years,
    spending_level,
    var_1 as other_category,
    cast(null as date) as joined_on,
    segmentation as known_segment,
    cast(null as varchar) as further_columns,
    source_row,
    unreadable
from translated_values
{% endcall %}
