-- sqlfluff:exclude_rules:layout.indent,structure.column_order,references.consistent
-- Within the call of staged_rows, sqlfluff takes lines of loops for lines of the block around them.
{{ config(enabled=is_dataset("members")) }}

{%- set readings = {
    "age": read_whole_number("age"),
    "annual_spend": read_amount("annual_spend"),
} %}
{%- set categories = ["gender", "profession", "residence_type"] %}

{% call staged_rows("customers") %}
with

people as (

    select
        customer_id,
        gender,
        age,
        profession,
        residence_type,
        annual_spend,
        source_row,
        malformed
    from {{ source("members", "people") }}

),

source_values as (

    select
        source_column,
        source_value,
        contract_value
    from {{ ref("source_values") }}
    where dataset = 'members'

),

read_columns as (

    {{ read_columns(
        "people",
        kept=["customer_id"] + categories,
        readings=readings,
    ) }}

),

-- A value that the seed does not know is kept as it is; rpt_unknown_values lists it.
translated_values as (

    select
        read_columns.customer_id,
        read_columns.age,
        read_columns.annual_spend,
        {% for column in categories -%}
            coalesce({{ column }}_values.contract_value, read_columns.{{ column }}) as {{ column }},
        {% endfor -%}
        read_columns.source_row,
        read_columns.unreadable
    from read_columns
    {% for column in categories -%}
        left join source_values as {{ column }}_values
            on
                {{ column }}_values.source_column = '{{ column }}'
                and lower(read_columns.{{ column }}) = lower({{ column }}_values.source_value)
    {% endfor %}
)

select
    cast(customer_id as varchar) as customer_id,
    cast(customer_id as varchar) as identity_id,
    cast(null as integer) as birth_year,
    cast(age as integer) as age,
    cast(gender as varchar) as gender,
    cast(null as varchar) as marital_status,
    cast(null as varchar) as education,
    cast(profession as varchar) as profession,
    cast(residence_type as varchar) as residence_type,
    cast(null as varchar) as home_ownership,
    cast(null as integer) as household_size,
    cast(null as integer) as children,
    cast(null as decimal(18, 2)) as income,
    cast(annual_spend as decimal(18, 2)) as annual_spend,
    cast(null as integer) as work_experience_years,
    cast(null as varchar) as spending_level,
    cast(null as varchar) as other_category,
    cast(null as date) as joined_on,
    cast(null as varchar) as known_segment,
    cast(null as varchar) as further_columns,
    cast(source_row as bigint) as source_row,
    cast(unreadable as varchar) as unreadable
from translated_values
{% endcall %}
