{{ config(enabled=is_dataset("market_survey")) }}

-- The survey knows of no campaigns.
{{ empty_contract_table("campaign_activity") }}
