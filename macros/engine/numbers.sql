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
