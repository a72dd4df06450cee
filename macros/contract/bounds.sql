{#
  The largest amount of money that one row may state, either way, and the largest number of things
  or purchases. Sums over years of such rows are exact, and stay within their types. Reading takes
  no number beyond the first; the int_checked_ models reject what is beyond its bound.
#}
{% macro largest_amount() -%}
    {{- return(1000000000000000) -}}
{%- endmacro %}

{% macro largest_count() -%}
    {{- return(1000000000) -}}
{%- endmacro %}

{# Branches of a `case` that say which amount or count of a row is beyond its bound. #}
{% macro say_what_is_too_large(table, alias=none) -%}
    {%- for column, type in contract_columns(table).items()
        if column != "source_row" and (type == "bigint" or type.startswith("decimal")) -%}
        {%- set bound = largest_count() if type == "bigint" else largest_amount() %}
        {%- set value = alias ~ "." ~ column if alias else column %}
            when {{ value }} < -{{ bound }} or {{ value }} > {{ bound }}
                then
                    concat(
                        '{{ column }} ',
                        cast({{ value }} as varchar),
                        ' is beyond {{ "{:,}".format(bound) }}'
                    )
    {%- endfor -%}
{%- endmacro %}
