{{ config(enabled=is_dataset("sample")) }}

-- The orders of this data set do not say what was bought.
{{ empty_contract_table("product_activity") }}
