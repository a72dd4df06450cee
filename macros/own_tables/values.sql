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
  id and neither is infinity, nor is what programs write for them into a column of text.
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
        case
            {%- if column.is_string() %}
            {#- Most ids: visible characters of ASCII but the point. Nothing can be taken off them. #}
            when
                {{ matches(quoted(column.name), "^[!-\\-/-~]+\\z") }}
                and lower({{ quoted(column.name) }}) not in (
                    'nan', 'inf', 'infinity', '+nan', '+inf', '+infinity', '-nan', '-inf', '-infinity'
                )
                then {{ quoted(column.name) }}
            {%- endif %}
            when not {{ matches("lower(" ~ text ~ ")", "^([-+]?(nan|inf|infinity))?$") }}
                then {{ without_zero_fraction(text) }}
        end
    {%- endif -%}
{%- endmacro %}

{#
  Whether a column holds numbers that the type of the contract takes without a look at their text:
  whole numbers, or decimals where the contract has decimals.
#}
{% macro holds_exact_numbers(column, type) -%}
    {%- set is_decimal = type.startswith("decimal") -%}
    {{- return(
        (column.is_integer() and (is_decimal or type in ["integer", "bigint"]))
        or (is_decimal and (column.dtype | upper).startswith("DECIMAL"))
    ) -}}
{%- endmacro %}

{# Such a number, as `read_whole_number` and `read_amount` read it. #}
{% macro read_exact_number(column, type) -%}
    case
        when
            try_cast({{ column }} as {{ type }}) between -{{ largest_amount() }} and {{ largest_amount() }}
            then try_cast({{ column }} as {{ type }})
    end
{%- endmacro %}
