{{ config(enabled=is_dataset("warehouse"), materialized="view") }}

{{ read_own_table("customer_activity") }}
