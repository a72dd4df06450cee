{# Values of your own tables, whatever the types of their columns. #}

{# Text without blanks around it, and nothing where nothing is left; other types as they are. #}
{% macro own_value(column) -%}
    {%- if column.is_string() -%}
        nullif({{ without_blanks_around(quoted(column.name)) }}, '')
    {%- else -%}
        {{ quoted(column.name) }}
    {%- endif -%}
{%- endmacro %}

{#
  An id as text: 7, 7.0 and ' 7.00' are one, whatever the type of the column. Not a number is no
  id, nor is what programs write for it into a column of text.
#}
{% macro own_id(column) -%}
    {%- if column.is_float() -%}
        case
            when abs({{ quoted(column.name) }}) < cast('infinity' as double)
                then
                    coalesce(
                        cast(
                            case
                                when {{ quoted(column.name) }} = floor({{ quoted(column.name) }})
                                    then try_cast({{ quoted(column.name) }} as decimal(38, 0))
                            end as varchar
                        ),
                        cast({{ quoted(column.name) }} as varchar)
                    )
        end
    {%- else -%}
        {%- set text = without_blanks_around("cast(" ~ quoted(column.name) ~ " as varchar)") -%}
        nullif(nullif(nullif({{ without_zero_fraction(text) }}, ''), 'nan'), 'NaN')
    {%- endif -%}
{%- endmacro %}
