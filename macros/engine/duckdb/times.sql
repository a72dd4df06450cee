{% macro duckdb__local_time(timestamp, time_zone) -%}
    timezone({{ text_literal(time_zone) }}, timezone('UTC', {{ timestamp }}))
{%- endmacro %}

{% macro duckdb__is_time_zone(name) -%}
    {%- set found = run_query(
        "select 1 from pg_timezone_names() where lower(name) = lower(" ~ text_literal(name) ~ ") limit 1"
    ) -%}
    {{- return(found.rows | length > 0) -}}
{%- endmacro %}

{% macro duckdb__date_of_text(text, pattern) -%}
    cast(try_strptime({{ text }}, '{{ pattern | replace("yyyy", "%Y") | replace("mm", "%m") | replace("dd", "%d") }}') as date)
{%- endmacro %}

{% macro duckdb__utc_timestamp_of_text(text) -%}
    timezone('UTC', try_cast({{ text }} as timestamptz))
{%- endmacro %}
