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
