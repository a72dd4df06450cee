{# Text: as a literal or a name in SQL, what can be seen of it, and its parts. #}

{#
  Text as a SQL literal: whatever comes from a var or from the catalogue becomes SQL through this
  macro, or through the next one where it is a name.
#}
{% macro text_literal(value) -%}
    {{- return(dbt.string_literal(dbt.escape_single_quotes(value | string))) -}}
{%- endmacro %}

{# A name of a schema, table or column as SQL. #}
{% macro quoted(name) -%}
    {{- return(adapter.dispatch("quoted", "segmentation")(name)) -}}
{%- endmacro %}

{% macro default__quoted(name) -%}
    {{- return("`" ~ name | string | replace("`", "``") ~ "`") -}}
{%- endmacro %}

{# Text without what cannot be seen around it: spaces of any kind, tabs, ends of lines, controls. #}
{% macro without_blanks_around(text) -%}
    {{- return(adapter.dispatch("without_blanks_around", "segmentation")(text)) -}}
{%- endmacro %}

{% macro default__without_blanks_around(text) -%}
    regexp_replace({{ text }}, r'^[\s\p{Z}\p{Cc}\p{Cf}]+|[\s\p{Z}\p{Cc}\p{Cf}]+$', '')
{%- endmacro %}

{# True for text that is null, or in which there is nothing to be seen. #}
{% macro is_blank(text) -%}
    {{- return(adapter.dispatch("is_blank", "segmentation")(text)) -}}
{%- endmacro %}

{% macro default__is_blank(text) -%}
    ({{ text }} is null or not {{ text }} rlike r'[^\s\p{Z}\p{Cc}\p{Cf}]')
{%- endmacro %}

{# Whether a pattern is found in a text; null of a null. #}
{% macro matches(text, pattern) -%}
    {{- return(adapter.dispatch("matches", "segmentation")(text, pattern)) -}}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    {{ text }} rlike r'{{ pattern }}'
{%- endmacro %}

{# Text of a whole number without a fraction of zeros, 7.0 as 7; other text as it is. #}
{% macro without_zero_fraction(text) -%}
    {{- return(adapter.dispatch("without_zero_fraction", "segmentation")(text)) -}}
{%- endmacro %}

{% macro default__without_zero_fraction(text) -%}
    regexp_replace({{ text }}, '^(-?[0-9]+)[.]0+$', '$1')
{%- endmacro %}

{# Text as a list of what stands between separators. #}
{% macro split_text(text, separator) -%}
    {{- return(adapter.dispatch("split_text", "segmentation")(text, separator)) -}}
{%- endmacro %}

{% macro default__split_text(text, separator) -%}
    split({{ text }}, '{{ separator }}')
{%- endmacro %}

{# Text with everything that matches the pattern replaced; a dot matches line ends too. #}
{% macro replace_matches(text, pattern, replacement) -%}
    {{- return(adapter.dispatch("replace_matches", "segmentation")(text, pattern, replacement)) -}}
{%- endmacro %}

{% macro default__replace_matches(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '(?s){{ pattern }}', '{{ replacement }}')
{%- endmacro %}

{# A whole number as people write it: 1,234. #}
{% macro with_commas(number) -%}
    {{- return(adapter.dispatch("with_commas", "segmentation")(number)) -}}
{%- endmacro %}

{% macro default__with_commas(number) -%}
    format_number({{ number }}, 0)
{%- endmacro %}

{# A share as a percentage with one decimal: 12.5 %. #}
{% macro as_percentage(share) -%}
    {{- return(adapter.dispatch("as_percentage", "segmentation")(share)) -}}
{%- endmacro %}

{% macro default__as_percentage(share) -%}
    format_string('%.1f %%', cast(100.0 * ({{ share }}) as double))
{%- endmacro %}

{# A number with one decimal: 6.0. #}
{% macro with_one_decimal(number) -%}
    {{- return(adapter.dispatch("with_one_decimal", "segmentation")(number)) -}}
{%- endmacro %}

{% macro default__with_one_decimal(number) -%}
    format_string('%.1f', cast({{ number }} as double))
{%- endmacro %}
