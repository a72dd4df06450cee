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
