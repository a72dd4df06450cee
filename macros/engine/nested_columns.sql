{# Lists in columns. #}

{# One row per element of a nested column: a from-item to cross join, its row called `as_name`. #}
{% macro unnest_rows(column, as_name) -%}
    {{- return(adapter.dispatch("unnest_rows", "segmentation")(column, as_name)) -}}
{%- endmacro %}

{% macro default__unnest_rows(column, as_name) -%}
    lateral explode({{ column }}) as {{ as_name }}_rows ({{ as_name }})
{%- endmacro %}

{# One element of a list, counted from 1. #}
{% macro list_element(column, position) -%}
    {{- return(adapter.dispatch("list_element", "segmentation")(column, position)) -}}
{%- endmacro %}

{% macro default__list_element(column, position) -%}
    element_at({{ column }}, {{ position }})
{%- endmacro %}
