{# The columns of a query. #}

{# The type of each column, by its name in lower case; no row is read. #}
{% macro column_types(query) -%}
    {{- return(adapter.dispatch("column_types", "segmentation")(query)) -}}
{%- endmacro %}

{% macro default__column_types(query) -%}
    {%- set types = {} -%}
    {%- for column in get_column_schema_from_query(query) -%}
        {%- do types.update({column.name | lower: column.dtype}) -%}
    {%- endfor -%}
    {{- return(types) -}}
{%- endmacro %}
