{{ config(enabled=is_dataset("members")) }}

-- The file does not say what was bought.
{{ empty_contract_table("product_activity") }}
