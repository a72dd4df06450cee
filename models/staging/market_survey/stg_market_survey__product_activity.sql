{{ config(enabled=is_dataset("market_survey")) }}

-- The survey knows of no products.
{{ empty_contract_table("product_activity") }}
