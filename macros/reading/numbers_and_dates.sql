{#
  Text into numbers and dates: what cannot be read becomes null here, and `unreadable` names it.
  A number beyond the largest amount is none: a staging model may add up several that are not.
#}

{#
  Whether a value, as text, is a number as people and programs write one. Engines take more for
  numbers than that: 1_000, 0x10, infinity. Null of a null.
#}
{% macro is_written_as_number(column) -%}
    {{- return(matches(
        "cast(" ~ column ~ " as varchar)",
        "^\\s*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?\\s*$"
    )) -}}
{%- endmacro %}

{# A number of whatever size, NaN and infinity among them, as floats are written. #}
{% macro read_number(text) -%}
    case when not {{ matches(text, "_") }} then try_cast({{ text }} as double) end
{%- endmacro %}

{#
  Whether text begins with a day in digits, with nothing but a time of day after it. Engines also
  take words for days, epoch and infinity, and a day before any words.
#}
{% macro is_written_as_day(text) -%}
    {{- return(segmentation.matches(text, "^\\s*[0-9]+[-/ ][0-9]+[-/ ][0-9]+\\s*($|[T ][0-9])")) -}}
{%- endmacro %}

{# A whole number; 2.0 is one, 2.7 is not and is not rounded to one. #}
{% macro read_whole_number(column, type="integer") -%}
    case
        when
            {{ is_written_as_number(column) }}
            and try_cast({{ column }} as double) = floor(try_cast({{ column }} as double))
            and abs(try_cast({{ column }} as double)) <= {{ largest_amount() }}
            then try_cast(try_cast({{ column }} as double) as {{ type }})
    end
{%- endmacro %}

{% macro read_amount(column) -%}
    case
        when
            {{ is_written_as_number(column) }}
            and try_cast({{ column }} as decimal(18, 2))
            between -{{ largest_amount() }} and {{ largest_amount() }}
            then try_cast({{ column }} as decimal(18, 2))
    end
{%- endmacro %}

{# Text as a date written by `pattern`, as in dd-mm-yyyy; by none, in any way that the engine reads. #}
{% macro read_date(text, pattern="yyyy-mm-dd") -%}
    case
        when {{ is_written_as_day(text) }}
            then {{ date_of_text(text, pattern) if pattern else "try_cast(" ~ text ~ " as date)" }}
    end
{%- endmacro %}

{#
  Text as a timestamp; one with an offset is taken to UTC, as a timestamp with a time zone is. Models
  of other projects call it too, in which macros are found by the name of their package only.
#}
{% macro read_timestamp(text) -%}
    case
        when not {{ segmentation.is_written_as_day(text) }} then null
        when {{ segmentation.matches(text, ":[0-9]{2}.*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$") }}
            then {{ segmentation.utc_timestamp_of_text(text) }}
        else try_cast({{ text }} as timestamp)
    end
{%- endmacro %}
