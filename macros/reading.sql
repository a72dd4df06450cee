{#
  Text into numbers and dates: what cannot be read becomes null here, and `unreadable` names it.
  A number beyond the largest amount is none: a staging model may add up several that are not.
#}

{# A whole number; 2.0 is one, 2.7 is not and is not rounded to one. #}
{% macro read_whole_number(column, type="integer") -%}
    case
        when
            try_cast({{ column }} as double) = floor(try_cast({{ column }} as double))
            and abs(try_cast({{ column }} as double)) <= {{ largest_amount() }}
            then try_cast(try_cast({{ column }} as double) as {{ type }})
    end
{%- endmacro %}

{% macro read_amount(column) -%}
    case
        when
            try_cast({{ column }} as decimal(18, 2))
            between -{{ largest_amount() }} and {{ largest_amount() }}
            then try_cast({{ column }} as decimal(18, 2))
    end
{%- endmacro %}

{# A date written by `pattern`, as in dd-mm-yyyy. #}
{% macro read_date(column, pattern="yyyy-mm-dd") -%}
    {{- return(adapter.dispatch("read_date", "segmentation")(column, pattern)) -}}
{%- endmacro %}

{% macro default__read_date(column, pattern) -%}
    try_to_date({{ column }}, '{{ pattern | replace("mm", "MM") }}')
{%- endmacro %}

{% macro duckdb__read_date(column, pattern) -%}
    cast(try_strptime({{ column }}, '{{ pattern | replace("yyyy", "%Y") | replace("mm", "%m") | replace("dd", "%d") }}') as date)
{%- endmacro %}

{% macro read_timestamp(column) -%}
    try_cast({{ column }} as timestamp)
{%- endmacro %}

{# Which columns hold something that could not be read, with what they hold; null where none does. #}
{% macro unreadable(readings) -%}
    nullif(
        concat_ws(
            ', ',
            {%- for column, reading in readings.items() %}
            case
                when {{ column }} is not null and ({{ reading }}) is null
                    then
                        concat(
                            '{{ column }} ''',
                            cast({{ column }} as varchar),
                            '''',
                            case
                                when
                                    abs(try_cast(cast({{ column }} as varchar) as double))
                                    between {{ largest_amount() }} and 1e308
                                    then ' (too large)'
                                else ''
                            end
                        )
            end{{ "," if not loop.last }}
            {%- endfor %}
        ),
        ''
    )
{%- endmacro %}

{# All columns of a row as one text: what a rejected row looked like, and an order for equal ids. #}
{% macro row_text(columns, table=none) -%}
    concat_ws(
        '; '
        {%- for column in columns -%}
        {%- if column != "unreadable" -%}
        , '{{ column }}=' || cast({{ table ~ "." if table }}{{ column }} as varchar)
        {%- endif -%}
        {%- endfor -%}
    )
{%- endmacro %}
