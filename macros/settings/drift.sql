{# What is done about drift. #}

{# Whether the data test of drift fails; by default it warns. #}
{% macro fails_on_drift() -%}
    {{- return(var("fail_on_drift") is sameas true) -}}
{%- endmacro %}

{% macro drift_problem(setting) -%}
    {%- if var(setting) is not boolean -%}
        {{- return(setting ~ " is '" ~ var(setting) ~ "'. It must be true or false.") -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{% macro least_psi_problem() -%}
    {%- set least = var("least_psi") -%}
    {%- if least is not number or least is boolean or least < 0 or least > 1 -%}
        {{- return("least_psi is '" ~ least ~ "'. It must be a number from 0 to 1, e.g. 0.01.") -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}
