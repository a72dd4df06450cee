{{ config(enabled=is_dataset("members")) }}

-- What somebody spends in a year is no purchase: it is the annual_spend of stg_members__customers.
{{ empty_contract_table("customer_activity") }}
