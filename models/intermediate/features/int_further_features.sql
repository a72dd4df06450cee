with

customers as (

    select
        customer_id,
        further_columns
    from {{ ref("int_customers") }}
    where further_columns is not null

),

listed_names as (

    select
        customers.customer_id,
        customers.further_columns,
        feature_rows.feature
    from customers
    cross join {{ unnest_rows(json_names("customers.further_columns"), "feature") }}

),

read_texts as (

    select
        customer_id,
        feature,
        {{ json_text("further_columns", "feature") }} as category
    from listed_names

),

-- A column is one of numbers where every text in it is a number. One beyond what any sum can carry
-- counts as missing, as it does in a fit.
told_kinds as (

    select
        *,
        count(category) over (partition by feature)
        = count({{ read_number("category") }}) over (partition by feature) as is_number
    from read_texts

)

select
    cast(customer_id as varchar) as customer_id,
    cast(feature as varchar) as feature,
    cast(is_number as boolean) as is_number,
    cast(category as varchar) as category,
    cast(
        case
            when is_number and abs({{ read_number("category") }}) <= {{ largest_amount() }}
                then {{ read_number("category") }}
        end as double
    ) as amount
from told_kinds
where category is not null
