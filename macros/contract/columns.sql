{# The tables of the contract and their columns, once: docs/data_contract.md says what they mean. #}

{# Their names, in the order of docs/data_contract.md. #}
{% macro contract_tables() -%}
    {{- return([
        "customers", "orders", "customer_activity", "campaign_activity", "product_activity"
    ]) -}}
{%- endmacro %}

{# The types of the contract tables, once: docs/data_contract.md says what the columns mean. #}
{% macro contract_columns(table) -%}
    {%- set tables = {
        "customers": {
            "customer_id": "varchar",
            "identity_id": "varchar",
            "birth_year": "integer",
            "age": "integer",
            "gender": "varchar",
            "marital_status": "varchar",
            "education": "varchar",
            "profession": "varchar",
            "residence_type": "varchar",
            "home_ownership": "varchar",
            "household_size": "integer",
            "children": "integer",
            "income": "decimal(18, 2)",
            "annual_spend": "decimal(18, 2)",
            "work_experience_years": "integer",
            "spending_level": "varchar",
            "other_category": "varchar",
            "joined_on": "date",
            "known_segment": "varchar",
            "further_columns": "varchar",
            "source_row": "bigint",
            "unreadable": "varchar",
        },
        "orders": {
            "customer_id": "varchar",
            "order_id": "varchar",
            "ordered_at": "timestamp",
            "items": "bigint",
            "revenue": "decimal(18, 2)",
            "discount": "decimal(18, 2)",
            "source_row": "bigint",
            "unreadable": "varchar",
        },
        "customer_activity": {
            "customer_id": "varchar",
            "first_purchase_on": "date",
            "last_purchase_on": "date",
            "purchases": "bigint",
            "items": "bigint",
            "revenue": "decimal(18, 2)",
            "source_row": "bigint",
            "unreadable": "varchar",
        },
        "campaign_activity": {
            "customer_id": "varchar",
            "campaigns_received": "integer",
            "responses": "integer",
            "prior_responses": "integer",
            "visits": "integer",
            "source_row": "bigint",
            "unreadable": "varchar",
        },
        "product_activity": {
            "customer_id": "varchar",
            "product_category": "varchar",
            "bought_on": "date",
            "revenue": "decimal(18, 2)",
            "discount": "decimal(18, 2)",
            "source_row": "bigint",
            "unreadable": "varchar",
        },
    } -%}
    {{- return(tables[table]) -}}
{%- endmacro %}

{# A contract table that a data set lacks: no rows, the right types. #}
{% macro empty_contract_table(table) -%}
    select
    {%- for column, type in contract_columns(table).items() %}
        cast(null as {{ type }}) as {{ column }}{{ "," if not loop.last }}
    {%- endfor %}
    where 1 = 0
{%- endmacro %}

{# One of the contract tables (docs/data_contract.md) of the chosen data set. #}
{% macro contract_table(name) -%}
    {{- return(ref("stg_" ~ dataset() ~ "__" ~ name)) -}}
{%- endmacro %}
