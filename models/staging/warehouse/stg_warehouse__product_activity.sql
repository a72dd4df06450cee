{{ config(enabled=is_dataset("warehouse")) }}

{{ read_own_table("product_activity") }}
