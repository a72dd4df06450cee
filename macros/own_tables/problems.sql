{# What can be wrong with the tables of the data set `warehouse`, each as a sentence. #}

{# Why there are no customers to read: no relation has any. #}
{% macro nothing_to_read() -%}
    {%- if var("warehouse_relations") -%}
        {{- return(
            "warehouse_relations names no table with customers: one of orders, customer_activity and"
            ~ " customers is needed. It names: " ~ var("warehouse_relations") | join(", ") ~ "."
        ) -}}
    {%- endif -%}
    {%- set found = run_query(
        "select table_name from information_schema.tables where table_schema = "
        ~ text_literal(var("warehouse_schema")) ~ " order by table_name"
    ).columns[0].values() -%}
    {{- return(
        "The data set 'warehouse' is read from the schema '" ~ var("warehouse_schema") ~ "' of "
        ~ target.database ~ ", in which a table orders, customer_activity or customers is needed."
        ~ " It has: " ~ (found | join(", ") or "no table, or there is no such schema")
        ~ ". Name another schema with --vars 'warehouse_schema: ...'; docs/data_contract.md says"
        ~ " what the tables hold."
    ) -}}
{%- endmacro %}

{# What to say where a table lacks a column; none where it has all that are needed. #}
{% macro missing_own_columns(relation, table, found) -%}
    {%- set missing = needed_columns(table) | reject("in", found) | list -%}
    {%- if missing -%}
        {{- return(
            relation ~ " lacks " ~ missing | join(", ") ~ ". A table " ~ table ~ " needs the columns "
            ~ needed_columns(table) | join(", ") ~ "; it has " ~ found | join(", ") ~ "."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{# What to say of each column of true and false where the contract has numbers. #}
{% macro boolean_own_columns(relation, table, found) -%}
    {%- set problems = [] -%}
    {%- for column, type in contract_columns(table).items()
        if column in found
        and found[column].dtype | upper == "BOOLEAN"
        and (type in ["integer", "bigint"] or type.startswith("decimal")) -%}
        {%- do problems.append(
            relation ~ " has true and false in the column " ~ column ~ ", which is to hold numbers."
            ~ " Write them as numbers; where they are meant as 1 and 0, cast(" ~ column
            ~ " as integer) does."
        ) -%}
    {%- endfor -%}
    {{- return(problems) -}}
{%- endmacro %}

{#
  All that is wrong with the tables that a run reads, for check_build. Relations that
  `warehouse_relations` names may not be built yet: what is wrong with their columns is for the models
  that read them to say.
#}
{% macro own_table_problems() -%}
    {%- set problems = [] -%}
    {%- if dataset() == "warehouse" -%}
        {%- set relations = {} -%}
        {%- for table in contract_tables() -%}
            {%- set relation = none if var("warehouse_relations") else relation_in_schema(table) -%}
            {%- if relation is not none or written_relation(table) is not none -%}
                {%- do relations.update({table: relation}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if "model.segmentation.stg_warehouse__customers" in selected_resources
            and not ["orders", "customer_activity", "customers"] | select("in", relations) | list -%}
            {%- do problems.append(nothing_to_read()) -%}
        {%- endif -%}
        {%- for table, relation in relations.items()
            if relation is not none
            and "model.segmentation.stg_warehouse__" ~ table in selected_resources -%}
            {%- set found = own_columns(relation) -%}
            {%- if missing_own_columns(relation, table, found) -%}
                {%- do problems.append(missing_own_columns(relation, table, found)) -%}
            {%- endif -%}
            {%- do problems.extend(boolean_own_columns(relation, table, found)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(problems) -}}
{%- endmacro %}
