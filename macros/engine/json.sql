{# Texts by their names, in one column of JSON text. #}

{# Named texts as one JSON text; a null among them stays as one. #}
{% macro json_of_texts(texts) -%}
    {{- return(adapter.dispatch("json_of_texts", "segmentation")(texts)) -}}
{%- endmacro %}

{% macro default__json_of_texts(texts) -%}
    to_json(
        named_struct(
            {%- for name, text in texts.items() %}
            '{{ name | replace("'", "\\'") }}', {{ text }}{{ "," if not loop.last }}
            {%- endfor %}
        ),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}

{# The names of the texts in a JSON text, as a list. #}
{% macro json_names(json) -%}
    {{- return(adapter.dispatch("json_names", "segmentation")(json)) -}}
{%- endmacro %}

{% macro default__json_names(json) -%}
    map_keys(from_json({{ json }}, 'map<string, string>'))
{%- endmacro %}

{# One of the texts in a JSON text, its name being that of a column; null where it has none. #}
{% macro json_text(json, name) -%}
    {{- return(adapter.dispatch("json_text", "segmentation")(json, name)) -}}
{%- endmacro %}

{% macro default__json_text(json, name) -%}
    element_at(from_json({{ json }}, 'map<string, string>'), {{ name }})
{%- endmacro %}

{# Whether any of the texts in a JSON text is there. #}
{% macro json_has_text(json) -%}
    {{- return(adapter.dispatch("json_has_text", "segmentation")(json)) -}}
{%- endmacro %}

{% macro default__json_has_text(json) -%}
    exists(map_values(from_json({{ json }}, 'map<string, string>')), text -> text is not null)
{%- endmacro %}
