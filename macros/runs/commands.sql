{# Commands that a message shows, to be pasted into a shell. #}

{# Text as one word of a shell. #}
{% macro shell_word(text) -%}
    {%- if modules.re.match("^[A-Za-z0-9_./:+@,-]+$", text) -%}
        {{- return(text) -}}
    {%- endif -%}
    {{- return("'" ~ text | replace("'", "'\\''") ~ "'") -}}
{%- endmacro %}

{# The vars of this run as an option of a command that can be pasted; nothing where it has none. #}
{% macro vars_of_this_run() -%}
    {%- set written = {} -%}
    {%- for name, value in (invocation_args_dict.get("vars") or {}).items() -%}
        {#- JSON has no days, and --vars takes a text for one. -#}
        {%- set is_day = value is not string and value.isoformat is defined -%}
        {%- do written.update({name: value | string if is_day else value}) -%}
    {%- endfor -%}
    {{- return(" --vars " ~ shell_word(tojson(written)) if written else "") -}}
{%- endmacro %}
