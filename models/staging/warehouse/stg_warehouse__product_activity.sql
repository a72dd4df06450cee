{{ config(enabled=is_dataset("warehouse"), materialized="view") }}

{{ read_own_table("product_activity") }}
