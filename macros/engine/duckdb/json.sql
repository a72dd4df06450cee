{% macro duckdb__json_of_texts(texts) -%}
    cast(
        json_object(
            {%- for name, text in texts.items() %}
            {{ text_literal(name) }}, {{ text }}{{ "," if not loop.last }}
            {%- endfor %}
        ) as varchar
    )
{%- endmacro %}

{% macro duckdb__json_names(json) -%}
    json_keys({{ json }})
{%- endmacro %}

{% macro duckdb__json_text(json, name) -%}
    json_extract_string({{ json }}, concat('/', replace(replace({{ name }}, '~', '~0'), '/', '~1')))
{%- endmacro %}

{% macro duckdb__json_has_text(json) -%}
    len(list_filter(json_extract_string({{ json }}, '$.*'), lambda text: text is not null)) > 0
{%- endmacro %}
