{{ config(enabled=is_dataset("warehouse")) }}

{{ read_own_table("campaign_activity") }}
