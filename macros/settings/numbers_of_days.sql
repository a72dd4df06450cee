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
