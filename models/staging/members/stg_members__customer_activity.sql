{{ config(enabled=is_dataset("members")) }}

-- Yearly spend is not a purchase: it is annual_spend in stg_members__customers.
{{ empty_contract_table("customer_activity") }}
