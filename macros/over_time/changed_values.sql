{# What changed most of a customer between two entries into a segment, in words: "recency 12 → 95 days". #}

{# The values that are compared, in the order that decides ties: column, what it is called, its unit, decimals. #}
{% macro compared_values() -%}
    {{- return([
        ("recency_days", "recency", " days", 0),
        ("overdue_ratio", "overdue", " times the usual gap", 1),
        ("frequency", "purchases", "", 0),
        ("revenue", "spend", "", 0),
        ("length_days", "length", " days", 0),
    ]) -}}
{%- endmacro %}

{#
  How far a value moved: the logarithm of its ratio, either way; one is added to both, so that 0 has a
  ratio and small counts make no large ones. Below zero counts as zero. Null where one is not known.
#}
{% macro size_of_change(before, after) -%}
    abs(
                ln(1 + case when {{ after }} < 0 then 0 else cast({{ after }} as double) end)
                - ln(1 + case when {{ before }} < 0 then 0 else cast({{ before }} as double) end)
            )
{%- endmacro %}

{# A change is worth a word from a factor of a quarter more, or a fifth less, on. #}
{% macro smallest_change() -%}
    {{- return("ln(1.25)") -}}
{%- endmacro %}

{#
  Which place a value has among those that changed enough, the largest change first; of two that changed
  alike, the first of the list. Null where it did not change enough. Sizes are columns `<value>_size`.
#}
{% macro place_of_change(column) -%}
    {%- set values = [] -%}
    {%- for value in compared_values() -%}
        {%- do values.append(value[0]) -%}
    {%- endfor -%}
    {%- set own_size = column ~ "_size" -%}
    case
                when {{ own_size }} >= {{ smallest_change() }}
                    then
                        1
    {%- for value in values if value != column %}
                        + case
                            when {{ value }}_size {{ ">=" if values.index(value) < values.index(column) else ">" }} {{ own_size }}
                                then 1
                            else 0
                        end
    {%- endfor %}
            end
{%- endmacro %}

{% macro change_in_words(before, after, name, unit, decimals) -%}
    {%- set write = with_one_decimal if decimals else with_commas -%}
    concat('{{ name }} ', {{ write(before) }}, ' → ', {{ write(after) }}, '{{ unit }}')
{%- endmacro %}
