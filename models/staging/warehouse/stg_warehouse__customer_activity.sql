{{ config(enabled=is_dataset("warehouse")) }}

{{ read_own_table("customer_activity") }}
