{#
  Rows of a file, whose columns are all text, with those in `readings` read as what they are. Columns
  in `kept` stay as they are. `unreadable` says what is wrong with the line, or with these columns.
#}
{% macro read_columns(rows, kept, readings) -%}
    select
        {% for column in kept -%}
            {{ column }},
        {% endfor -%}
        {% for column, reading in readings.items() -%}
            {{ reading }} as {{ column }},
        {% endfor -%}
        source_row,
        coalesce(malformed, {{ unreadable(readings) }}) as unreadable
    from {{ rows }}
{%- endmacro %}
