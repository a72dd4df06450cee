{{ config(enabled=is_dataset("market_survey")) }}

-- The people of this survey have bought nothing that it knows of.
{{ empty_contract_table("orders") }}
