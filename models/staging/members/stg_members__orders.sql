{{ config(enabled=is_dataset("members")) }}

-- The file has no purchases, only yearly spend.
{{ empty_contract_table("orders") }}
