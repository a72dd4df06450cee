{# The day of a run, and the days that are counted from it. #}

{# A day of the calendar as a Python date; none where it is no day. #}
{% macro read_day(text) -%}
    {%- set day = modules.re.match(
        "^((?:19|20|21)[0-9][0-9])-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", text | string
    ) -%}
    {%- if day -%}
        {#- Counted on from the first of the month, a 30 February is seen to be a day of March. -#}
        {%- set first = modules.datetime.date(day.group(1) | int, day.group(2) | int, 1) -%}
        {%- set found = first + modules.datetime.timedelta(days=day.group(3) | int - 1) -%}
        {{- return(found if found.month == first.month else none) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{% macro day_problem(text, setting) -%}
    {%- if read_day(text) is none -%}
        {{- return(
            setting ~ " is '" ~ text ~ "'. It must be a day of the calendar from 1900 on, written "
            ~ "YYYY-MM-DD, e.g. --vars 'as_of: 2017-12-31'."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{% macro checked_day(text, setting) -%}
    {%- if day_problem(text, setting) -%}
        {%- do refuse(day_problem(text, setting)) -%}
        {{- return(modules.datetime.date(2000, 1, 1)) -}}
    {%- endif -%}
    {{- return(read_day(text)) -}}
{%- endmacro %}

{% macro as_of_text() -%}
    {{- return(var("as_of") or var("datasets")[dataset()]["as_of"]) -}}
{%- endmacro %}

{% macro as_of_problem() -%}
    {{- return(day_problem(as_of_text(), "as_of")) -}}
{%- endmacro %}

{# The day of the run as a Python date. #}
{% macro as_of_day() -%}
    {{- return(checked_day(as_of_text(), "as_of")) -}}
{%- endmacro %}

{# The day of a data set as a Python date. #}
{% macro dataset_day(name) -%}
    {{- return(
        checked_day(var("datasets")[name]["as_of"], "as_of of the data set '" ~ name ~ "'")
    ) -}}
{%- endmacro %}

{# The day as a SQL literal. Events of the day itself count. #}
{% macro as_of() -%}
    cast('{{ as_of_day() }}' as date)
{%- endmacro %}

{# The day so many days before it, as a SQL literal. #}
{% macro days_before_as_of(days) -%}
    cast('{{ as_of_day() - modules.datetime.timedelta(days=days) }}' as date)
{%- endmacro %}

{# The day after which nothing can have happened: the data set's own, unless as_of is later. #}
{% macro latest_day() -%}
    cast('{{ [dataset_day(dataset()), as_of_day()] | max }}' as date)
{%- endmacro %}

{# The first of those days. #}
{% macro window_start() -%}
    {{ days_before_as_of(lrfm_window_days() - 1) }}
{%- endmacro %}
