{% macro duckdb__six_digits(expression) -%}
    case when isfinite({{ expression }}) then cast(format('{:.5e}', {{ expression }}) as double) end
{%- endmacro %}
