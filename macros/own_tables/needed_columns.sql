{% macro needed_columns(table) -%}
    {{- return({
        "customers": ["customer_id"],
        "orders": ["customer_id", "order_id", "ordered_at", "revenue"],
        "customer_activity": ["customer_id", "last_purchase_on", "purchases", "revenue"],
        "campaign_activity": ["customer_id", "responses", "visits"],
        "product_activity": ["customer_id", "product_category", "revenue"],
    }[table]) -}}
{%- endmacro %}
