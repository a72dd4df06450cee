{# What the Python library finds wrong before a build. #}

{# What the library finds wrong with options, seeds and files. #}
{% macro library_problems() -%}
    {{- return(adapter.dispatch("library_problems", "segmentation")()) -}}
{%- endmacro %}

{% macro default__library_problems() -%}
    {{- return([]) -}}
{%- endmacro %}
