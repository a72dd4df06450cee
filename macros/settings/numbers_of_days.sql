{# How many days count as what. #}

{% macro is_days(days, least=1) -%}
    {{- return(days is integer and days >= least and days <= 36500) -}}
{%- endmacro %}

{% macro days_problem(days, setting) -%}
    {%- if not is_days(days) -%}
        {{- return(
            setting ~ " is '" ~ days ~ "'. It must be a whole number of days, 1 to 36500."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{% macro checked_days(days, setting) -%}
    {%- if days_problem(days, setting) -%}
        {%- do refuse(days_problem(days, setting)) -%}
        {{- return(1) -}}
    {%- endif -%}
    {{- return(days) -}}
{%- endmacro %}

{# How many days frequency and monetary count. #}
{% macro lrfm_window_days() -%}
    {{- return(checked_days(var("lrfm_window_days"), "lrfm_window_days")) -}}
{%- endmacro %}

{# How many days of a customer count as their beginning, the day of the first purchase included. #}
{% macro early_days() -%}
    {{- return(checked_days(var("early_days"), "early_days")) -}}
{%- endmacro %}

{# Who first bought fewer days than this before as_of is a prospect. #}
{% macro prospect_tenure_days() -%}
    {%- if prospect_tenure_problem() -%}
        {%- do refuse(prospect_tenure_problem()) -%}
    {%- endif -%}
    {{- return(var("prospect_tenure_days")) -}}
{%- endmacro %}

{% macro prospect_tenure_problem() -%}
    {%- set days = var("prospect_tenure_days") -%}
    {%- set least = var("early_days") if is_days(var("early_days")) else 1 -%}
    {%- if not is_days(days, least) -%}
        {{- return(
            "prospect_tenure_days is '" ~ days ~ "'. It must be a whole number of days, early_days ("
            ~ var("early_days") ~ ") to 36500: what established customers did after their beginning "
            ~ "is what prospects are compared with."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{#
  The ages, in days since the first purchase, that a prospect's segment can be forecast for: the var
  horizon_days, else 180, 120 and 90. A prospect has not reached them yet.
#}
{% macro horizons() -%}
    {%- if horizon_problem() -%}
        {%- do refuse(horizon_problem()) -%}
    {%- endif -%}
    {%- if var("horizon_days") is not none -%}
        {{- return([var("horizon_days")]) -}}
    {%- endif -%}
    {%- set ages = [180, 120, 90] | select("ge", prospect_tenure_days()) | list -%}
    {{- return(ages or [prospect_tenure_days()]) -}}
{%- endmacro %}

{% macro horizon_problem() -%}
    {%- set days = var("horizon_days") -%}
    {%- set tenure = var("prospect_tenure_days") -%}
    {%- set least = [tenure if is_days(tenure) else 1, (var("early_days") if is_days(var("early_days")) else 1) + 1] | max -%}
    {%- if days is not none and not is_days(days, least) -%}
        {{- return(
            "horizon_days is '" ~ days ~ "'. It must be null or a whole number of days, " ~ least
            ~ " to 36500: no prospect has reached that age (prospect_tenure_days), and it lies "
            ~ "behind the first days (early_days)."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{# A horizon needs so many customers who have reached it. #}
{% macro least_customers_at_age() -%}
    {{- return(100) -}}
{%- endmacro %}

{# Days that activity given ready made covers, for figures per year. #}
{% macro activity_days() -%}
    {{- return(checked_days(own_activity_days(), activity_days_setting())) -}}
{%- endmacro %}

{% macro own_activity_days() -%}
    {{- return(var("datasets")[dataset()].get("activity_days", 365)) -}}
{%- endmacro %}

{% macro activity_days_setting() -%}
    {{- return("activity_days of the data set '" ~ dataset() ~ "'") -}}
{%- endmacro %}
