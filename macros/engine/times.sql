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

{# Text as a timestamp; one with an offset is taken to UTC, as a timestamp with a time zone is. #}
{% macro timestamp_of_text(text) -%}
    {{- return(adapter.dispatch("timestamp_of_text", "segmentation")(text)) -}}
{%- endmacro %}

{% macro default__timestamp_of_text(text) -%}
    case
        when {{ text }} rlike r':[0-9]{2}.*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$'
            then to_utc_timestamp(cast({{ text }} as timestamp), current_timezone())
        else cast({{ text }} as timestamp)
    end
{%- endmacro %}

{# A date written by `pattern`, as in dd-mm-yyyy. #}
{% macro read_date(column, pattern="yyyy-mm-dd") -%}
    {{- return(adapter.dispatch("read_date", "segmentation")(column, pattern)) -}}
{%- endmacro %}

{% macro default__read_date(column, pattern) -%}
    try_to_date({{ column }}, '{{ pattern | replace("mm", "MM") }}')
{%- endmacro %}
