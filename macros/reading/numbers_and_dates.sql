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

{% macro read_timestamp(column) -%}
    try_cast({{ column }} as timestamp)
{%- endmacro %}
