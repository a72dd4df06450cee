{# What a run is about: its data set and its day. Each stops the run on a value it does not know. #}

{% macro dataset() -%}
    {%- set known = var("datasets") -%}
    {%- set name = var("dataset") -%}
    {%- if name not in known -%}
        {%- do exceptions.raise_compiler_error(
            "There is no data set '" ~ name ~ "'. The data sets are: " ~ known | sort | join(", ")
            ~ ". Choose one with --vars 'dataset: " ~ (known | sort | first) ~ "'."
        ) -%}
    {%- endif -%}
    {{- return(name) -}}
{%- endmacro %}

{% macro variant() -%}
    {{- return(var("datasets")[dataset()]["variant"]) -}}
{%- endmacro %}

{% macro is_dataset(name) -%}
    {{- return(dataset() == name) -}}
{%- endmacro %}

{# The day as a Python date. #}
{% macro as_of_day() -%}
    {%- set text = (var("as_of") or var("datasets")[dataset()]["as_of"]) | string -%}
    {%- if not modules.re.match("^\\d{4}-\\d{2}-\\d{2}$", text) -%}
        {%- do exceptions.raise_compiler_error(
            "as_of is '" ~ text ~ "'. It must be a day written YYYY-MM-DD, e.g. --vars 'as_of: 2017-12-31'."
        ) -%}
    {%- endif -%}
    {{- return(modules.datetime.datetime.strptime(text, "%Y-%m-%d").date()) -}}
{%- endmacro %}

{# The day as a SQL literal. Events of the day itself count. #}
{% macro as_of() -%}
    cast('{{ as_of_day() }}' as date)
{%- endmacro %}

{# The first day that frequency and monetary count. #}
{% macro window_start() -%}
    {%- set days = var("lrfm_window_days") -%}
    {%- if days is not integer or days < 1 -%}
        {%- do exceptions.raise_compiler_error(
            "lrfm_window_days is '" ~ days ~ "'. It must be a whole number of days, 1 or more."
        ) -%}
    {%- endif -%}
    cast('{{ as_of_day() - modules.datetime.timedelta(days=days - 1) }}' as date)
{%- endmacro %}

{# One of the four contract tables (docs/data_contract.md) of the chosen data set. #}
{% macro contract_table(name) -%}
    {{- return(ref("stg_" ~ dataset() ~ "__" ~ name)) -}}
{%- endmacro %}
