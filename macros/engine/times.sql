{# Dates and times. #}

{# A timestamp that is UTC, as the clock on the wall of a time zone showed it. #}
{% macro local_time(timestamp, time_zone) -%}
    {{- return(adapter.dispatch("local_time", "segmentation")(timestamp, time_zone)) -}}
{%- endmacro %}

{% macro default__local_time(timestamp, time_zone) -%}
    from_utc_timestamp({{ timestamp }}, {{ text_literal(time_zone) }})
{%- endmacro %}

{# Whether the engine knows a time zone of that name. #}
{% macro is_time_zone(name) -%}
    {{- return(adapter.dispatch("is_time_zone", "segmentation")(name)) -}}
{%- endmacro %}

{% macro default__is_time_zone(name) -%}
    {{- return(true) -}}
{%- endmacro %}

{# Text as a date written by `pattern`, as in dd-mm-yyyy; null where it is none. #}
{% macro date_of_text(text, pattern) -%}
    {{- return(adapter.dispatch("date_of_text", "segmentation")(text, pattern)) -}}
{%- endmacro %}

{% macro default__date_of_text(text, pattern) -%}
    try_to_date({{ text }}, '{{ pattern | replace("mm", "MM") }}')
{%- endmacro %}

{# Text with an offset as a timestamp that is UTC; null where it is none. #}
{% macro utc_timestamp_of_text(text) -%}
    {{- return(adapter.dispatch("utc_timestamp_of_text", "segmentation")(text)) -}}
{%- endmacro %}

{% macro default__utc_timestamp_of_text(text) -%}
    to_utc_timestamp(try_cast({{ text }} as timestamp), current_timezone())
{%- endmacro %}
