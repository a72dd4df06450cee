{# The segmentations whose segments are found in the data; prospects are classified instead. #}
{% macro clusterings() -%}
    {{- return(["value", "profile"]) -}}
{%- endmacro %}

{# All of them, in the order of their questions. #}
{% macro segmentations() -%}
    {{- return(clusterings() + ["prospects"]) -}}
{%- endmacro %}
