{# What a lifetime value counts. #}

{% macro lifetime_years() -%}
    {%- if lifetime_years_problem() -%}
        {%- do refuse(lifetime_years_problem()) -%}
        {{- return(3) -}}
    {%- endif -%}
    {{- return(var("lifetime_years")) -}}
{%- endmacro %}

{% macro lifetime_years_problem() -%}
    {%- set years = var("lifetime_years") -%}
    {%- if years is not integer or years is boolean or years < 1 or years > 20 -%}
        {{- return("lifetime_years is '" ~ years ~ "'. It must be a whole number of years, 1 to 20.") -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{# By how much a year later is worth less, e.g. 0.1. #}
{% macro discount_rate() -%}
    {%- if discount_rate_problem() -%}
        {%- do refuse(discount_rate_problem()) -%}
        {{- return(0.1) -}}
    {%- endif -%}
    {{- return(var("discount_rate")) -}}
{%- endmacro %}

{% macro discount_rate_problem() -%}
    {%- set rate = var("discount_rate") -%}
    {%- if rate is not number or rate is boolean or rate < 0 or rate > 1 -%}
        {{- return("discount_rate is '" ~ rate ~ "'. It must be a number from 0 to 1, e.g. 0.1 for 10 % a year.") -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}
