{{ config(enabled=is_dataset("members")) }}

-- Purchases of members are known to nobody: the file has what they spend in a year.
{{ empty_contract_table("orders") }}
