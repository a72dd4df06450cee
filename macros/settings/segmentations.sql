{# The segmentations whose segments are found in the data; prospects are classified instead. #}
{% macro clusterings() -%}
    {{- return(["value", "profile"]) -}}
{%- endmacro %}

{# All of them, in the order of their questions. #}
{% macro segmentations() -%}
    {{- return(clusterings() + ["prospects"]) -}}
{%- endmacro %}

{# Everything that is fitted and kept in a table of models: lifetime value gives no segments. #}
{% macro fitted_models() -%}
    {{- return(segmentations() + ["lifetime_value"]) -}}
{%- endmacro %}
