{#
  What your own models counted before the contract: rows of files and of tables of a database. The
  var `warehouse_row_counts` names two relations, which `segmentation init` writes.
#}

{# Per table of a source: rows read and accepted. No rows where the var does not say where they are. #}
{% macro own_rows_read() -%}
    {{- own_counts("rows_read", {"source_table": "varchar", "rows_read": "bigint", "rows_accepted": "bigint"}) -}}
{%- endmacro %}

{# The rows that were left out, each with the reason. #}
{% macro own_rejected_rows() -%}
    {{- own_counts("rejected_rows", {"source_table": "varchar", "rejected_because": "varchar"}) -}}
{%- endmacro %}

{# A subquery with these columns of the relation that the var names. #}
{% macro own_counts(name, columns) -%}
    {%- set written = none -%}
    {%- if dataset() == "warehouse" -%}
        {%- set written = relation_in_var(
            "warehouse_row_counts", name, ["rows_read", "rejected_rows"], "The relations are"
        ) -%}
    {%- endif -%}
    (
        select
            {%- for column, type in columns.items() %}
            cast({{ column if written is not none else "null" }} as {{ type }}) as {{ column }}
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        {%- if written is none %}
        where 1 = 0
        {%- else %}
        from {{ relation_as_written(written) }}
        {%- endif %}
    ) as {{ name }}
{%- endmacro %}
