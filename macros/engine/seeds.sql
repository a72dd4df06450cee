{# Seeds without their nodes. #}

{# A seed's table outside of its node, for a run that reads seeds and loads none. #}
{% macro load_seed(node) -%}
    {{- return(adapter.dispatch("load_seed", "segmentation")(node)) -}}
{%- endmacro %}

{% macro default__load_seed(node) -%}
    {%- do exceptions.raise_compiler_error(
        "The seed " ~ node.name ~ " is not loaded. Load the seeds first: dbt seed."
    ) -%}
{%- endmacro %}
