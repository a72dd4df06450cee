{% macro duckdb__six_digits(expression) -%}
    case when isfinite({{ expression }}) then cast(format('{:.5e}', {{ expression }}) as double) end
{%- endmacro %}

{% macro duckdb__quartiles(column) -%}
    quantile_cont({{ column }}, [0.25, 0.5, 0.75])
{%- endmacro %}

{% macro duckdb__quartile(list, number) -%}
    {{ list }}[{{ number }}]
{%- endmacro %}
