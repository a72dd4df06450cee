-- sqlfluff:exclude_rules:layout.indent,structure.column_order,references.consistent
-- Within the call of staged_rows, sqlfluff takes lines of loops for lines of the block around them.
{{ config(enabled=is_dataset("marketing_campaign")) }}

{%- set categories = ["drinks", "fruits", "meat", "fish", "sweets", "gold"] %}

{% call staged_rows("product_activity") %}
with

people as (

    select *
    from {{ ref("stg_marketing_campaign__people") }}

),

turned_categories as (

    {% for category in categories -%}
        select
            customer_id,
            '{{ category }}' as product_category,
            {{ read_amount("spend_" ~ category) }} as revenue,
            source_row,
            coalesce(
                malformed,
                {{ unreadable({"spend_" ~ category: read_amount("spend_" ~ category)}) }}
            ) as unreadable
        from people
        {% if not loop.last %}union all{% endif %}
    {% endfor -%}

)

select
    customer_id,
    product_category,
    cast(null as date) as bought_on,
    revenue,
    cast(null as decimal(18, 2)) as discount,
    source_row,
    unreadable
from turned_categories
{% endcall %}
