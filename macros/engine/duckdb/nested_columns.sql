{% macro duckdb__unnest_rows(column, as_name) -%}
    unnest({{ column }}) as {{ as_name }}_rows ({{ as_name }})
{%- endmacro %}

{% macro duckdb__list_element(column, position) -%}
    {{ column }}[{{ position }}]
{%- endmacro %}
