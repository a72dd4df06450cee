{{ config(enabled=is_dataset("market_survey")) }}

-- The survey knows of no purchases, and of no totals of them either.
{{ empty_contract_table("customer_activity") }}
