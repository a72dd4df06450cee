{# Numbers that no exact sum gives. #}

{#
  A statistic that no exact sum gives (a correlation, a standard deviation), at six significant
  digits: what is left of it does not depend on the order in which threads finish. Not a number
  becomes null.
#}
{% macro six_digits(expression) -%}
    {{- return(adapter.dispatch("six_digits", "segmentation")(expression)) -}}
{%- endmacro %}

{% macro default__six_digits(expression) -%}
    case when not isnan({{ expression }}) then cast(format_string('%.5e', {{ expression }}) as double) end
{%- endmacro %}

{#
  The quartiles of a column as one list: asked for one by one, each would keep all values in memory. A
  quartile lies between two values where it does not meet one.
#}
{% macro quartiles(column) -%}
    {{- return(adapter.dispatch("quartiles", "segmentation")(column)) -}}
{%- endmacro %}

{% macro default__quartiles(column) -%}
    percentile({{ column }}, array(0.25, 0.5, 0.75))
{%- endmacro %}

{# One of such a list, the first, second or third. #}
{% macro quartile(list, number) -%}
    {{- return(adapter.dispatch("quartile", "segmentation")(list, number)) -}}
{%- endmacro %}

{% macro default__quartile(list, number) -%}
    {{ list }}[{{ number - 1 }}]
{%- endmacro %}
