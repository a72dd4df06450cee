{% macro duckdb__quoted(name) -%}
    {{- return('"' ~ name | string | replace('"', '""') ~ '"') -}}
{%- endmacro %}

{% macro duckdb__without_blanks_around(text) -%}
    regexp_replace({{ text }}, '^[\s\p{Z}\p{Cc}\p{Cf}]+|[\s\p{Z}\p{Cc}\p{Cf}]+$', '', 'g')
{%- endmacro %}

{% macro duckdb__is_blank(text) -%}
    ({{ text }} is null or not regexp_matches({{ text }}, '[^\s\p{Z}\p{Cc}\p{Cf}]'))
{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro duckdb__without_zero_fraction(text) -%}
    regexp_replace({{ text }}, '^(-?[0-9]+)[.]0+$', '\1')
{%- endmacro %}

{% macro duckdb__split_text(text, separator) -%}
    string_split({{ text }}, '{{ separator }}')
{%- endmacro %}

{% macro duckdb__replace_matches(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '(?s){{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro duckdb__with_commas(number) -%}
    format('{:,}', cast({{ number }} as bigint))
{%- endmacro %}

{% macro duckdb__as_percentage(share) -%}
    format('{:.1f} %', cast(100.0 * ({{ share }}) as double))
{%- endmacro %}

{% macro duckdb__with_one_decimal(number) -%}
    format('{:.1f}', cast({{ number }} as double))
{%- endmacro %}
