{{ config(enabled=is_dataset("complete_journey")) }}

-- Derived from the orders in int_customer_activity; this data set gives nothing of its own.
{{ empty_contract_table("customer_activity") }}
