{{ config(enabled=is_dataset("marketing_campaign")) }}

-- This data set knows its customers' purchases only as totals: see its customer_activity.
{{ empty_contract_table("orders") }}
