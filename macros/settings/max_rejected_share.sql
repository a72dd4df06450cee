{% macro max_rejected_share_problem() -%}
    {%- set share = var("max_rejected_share") -%}
    {%- if share is not number or share is boolean or not (share >= 0 and share <= 1) -%}
        {{- return(
            "max_rejected_share is '" ~ share ~ "'. It must be a number from 0 to 1, e.g. 0.01."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{# The share of rejected rows of a table above which a build warns. #}
{% macro max_rejected_share() -%}
    {%- if max_rejected_share_problem() -%}
        {%- do refuse(max_rejected_share_problem()) -%}
    {%- endif -%}
    {{- return(var("max_rejected_share")) -}}
{%- endmacro %}
