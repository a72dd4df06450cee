{{ config(enabled=is_dataset("sample")) }}

{%- set readings = {
    "birth_year": read_whole_number("birth_year"),
    "children": read_whole_number("children"),
    "income": read_amount("income"),
    "joined_on": read_date("joined_on"),
} %}

{% call staged_rows("customers") %}
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
    {{ readings["birth_year"] }} as birth_year,
    cast(null as integer) as age,
    cast(gender as varchar) as gender,
    cast(marital_status as varchar) as marital_status,
    cast(null as varchar) as education,
    cast(null as varchar) as profession,
    cast(null as varchar) as residence_type,
    cast(home_ownership as varchar) as home_ownership,
    cast(null as integer) as household_size,
    {{ readings["children"] }} as children,
    {{ readings["income"] }} as income,
    cast(null as decimal(18, 2)) as annual_spend,
    cast(null as integer) as work_experience_years,
    cast(null as varchar) as spending_level,
    cast(null as varchar) as other_category,
    {{ readings["joined_on"] }} as joined_on,
    cast(null as varchar) as known_segment,
    cast(null as varchar) as further_columns,
    cast(null as bigint) as source_row,
    {{ unreadable(readings) }} as unreadable
from customers
{% endcall %}
