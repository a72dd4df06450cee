{# The Parquet files of a folder as what can stand after `from`; none where there are none. #}
{% macro assignment_files(folder) -%}
    {{- return(adapter.dispatch("assignment_files", "segmentation")(folder)) -}}
{%- endmacro %}

{% macro default__assignment_files(folder) -%}
    {{- return(none) -}}
{%- endmacro %}
