{%- set columns = [
    "gender",
    "marital_status",
    "education",
    "profession",
    "residence_type",
    "home_ownership",
    "spending_level",
    "other_category",
    "known_segment",
] -%}

with

customers as (

    select
        {% for column in columns -%}
            {{ column }},
        {% endfor -%}
        customer_id
    from {{ ref("int_customers") }}

),

known_values as (

    select distinct
        source_column,
        contract_value
    from {{ ref("source_values") }}
    where dataset = {{ text_literal(dataset()) }}

),

-- A column of which the seed has no value at all is taken as it comes.
known_columns as (

    select distinct source_column
    from known_values

),

turned_columns as (

    {% for column in columns -%}
        select
            '{{ column }}' as source_column,
            {{ column }} as value
        from customers
        where {{ column }} is not null
        {% if not loop.last %}union all{% endif %}
    {% endfor -%}

),

counted_values as (

    select
        source_column,
        value,
        count(*) as customers
    from turned_columns
    group by
        source_column,
        value

),

-- Staging has translated what it could: what is none of the contract's values was not known.
unknown_values as (

    select
        counted_values.source_column,
        counted_values.value,
        counted_values.customers
    from counted_values
    inner join known_columns
        on counted_values.source_column = known_columns.source_column
    left join known_values
        on
            counted_values.source_column = known_values.source_column
            and counted_values.value = known_values.contract_value
    where known_values.contract_value is null

)

select
    cast(source_column as varchar) as source_column,
    cast(value as varchar) as value,
    cast(customers as bigint) as customers
from unknown_values
order by
    source_column,
    value
