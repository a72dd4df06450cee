{% macro duckdb__local_time(timestamp, time_zone) -%}
    timezone({{ text_literal(time_zone) }}, timezone('UTC', {{ timestamp }}))
{%- endmacro %}

{% macro duckdb__is_time_zone(name) -%}
    {%- set found = run_query(
        "select 1 from pg_timezone_names() where lower(name) = lower(" ~ text_literal(name) ~ ") limit 1"
    ) -%}
    {{- return(found.rows | length > 0) -}}
{%- endmacro %}

{% macro duckdb__timestamp_of_text(text) -%}
    case
        when regexp_matches({{ text }}, ':[0-9]{2}.*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$')
            then timezone('UTC', try_cast({{ text }} as timestamptz))
        else try_cast({{ text }} as timestamp)
    end
{%- endmacro %}

{% macro duckdb__read_date(column, pattern) -%}
    cast(try_strptime({{ column }}, '{{ pattern | replace("yyyy", "%Y") | replace("mm", "%m") | replace("dd", "%d") }}') as date)
{%- endmacro %}
