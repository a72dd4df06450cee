{{ config(enabled=is_dataset("members")) }}

-- The file says nothing of campaigns.
{{ empty_contract_table("campaign_activity") }}
