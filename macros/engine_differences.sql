{# Everything in SQL that is written differently from engine to engine. #}

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

{% macro duckdb__quoted(name) -%}
    {{- return('"' ~ name | string | replace('"', '""') ~ '"') -}}
{%- endmacro %}

{# Text without what cannot be seen around it: spaces of any kind, tabs, ends of lines, controls. #}
{% macro without_blanks_around(text) -%}
    {{- return(adapter.dispatch("without_blanks_around", "segmentation")(text)) -}}
{%- endmacro %}

{% macro default__without_blanks_around(text) -%}
    regexp_replace({{ text }}, r'^[\s\p{Z}\p{Cc}\p{Cf}]+|[\s\p{Z}\p{Cc}\p{Cf}]+$', '')
{%- endmacro %}

{% macro duckdb__without_blanks_around(text) -%}
    regexp_replace({{ text }}, '^[\s\p{Z}\p{Cc}\p{Cf}]+|[\s\p{Z}\p{Cc}\p{Cf}]+$', '', 'g')
{%- endmacro %}

{# True for text that is null, or in which there is nothing to be seen. #}
{% macro is_blank(text) -%}
    {{- return(adapter.dispatch("is_blank", "segmentation")(text)) -}}
{%- endmacro %}

{% macro default__is_blank(text) -%}
    ({{ text }} is null or not {{ text }} rlike r'[^\s\p{Z}\p{Cc}\p{Cf}]')
{%- endmacro %}

{% macro duckdb__is_blank(text) -%}
    ({{ text }} is null or not regexp_matches({{ text }}, '[^\s\p{Z}\p{Cc}\p{Cf}]'))
{%- endmacro %}

{# Text of a whole number without a fraction of zeros, 7.0 as 7; other text as it is. #}
{% macro without_zero_fraction(text) -%}
    {{- return(adapter.dispatch("without_zero_fraction", "segmentation")(text)) -}}
{%- endmacro %}

{% macro default__without_zero_fraction(text) -%}
    regexp_replace({{ text }}, '^(-?[0-9]+)[.]0+$', '$1')
{%- endmacro %}

{% macro duckdb__without_zero_fraction(text) -%}
    regexp_replace({{ text }}, '^(-?[0-9]+)[.]0+$', '\1')
{%- endmacro %}

{# A timestamp that is UTC, as the clock on the wall of a time zone showed it. #}
{% macro local_time(timestamp, time_zone) -%}
    {{- return(adapter.dispatch("local_time", "segmentation")(timestamp, time_zone)) -}}
{%- endmacro %}

{% macro default__local_time(timestamp, time_zone) -%}
    from_utc_timestamp({{ timestamp }}, {{ text_literal(time_zone) }})
{%- endmacro %}

{% macro duckdb__local_time(timestamp, time_zone) -%}
    timezone({{ text_literal(time_zone) }}, timezone('UTC', {{ timestamp }}))
{%- endmacro %}

{# Whether the engine knows a time zone of that name. #}
{% macro is_time_zone(name) -%}
    {{- return(adapter.dispatch("is_time_zone", "segmentation")(name)) -}}
{%- endmacro %}

{% macro default__is_time_zone(name) -%}
    {{- return(true) -}}
{%- endmacro %}

{% macro duckdb__is_time_zone(name) -%}
    {%- set found = run_query(
        "select 1 from pg_timezone_names() where lower(name) = lower(" ~ text_literal(name) ~ ") limit 1"
    ) -%}
    {{- return(found.rows | length > 0) -}}
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

{% macro duckdb__timestamp_of_text(text) -%}
    case
        when regexp_matches({{ text }}, ':[0-9]{2}.*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$')
            then timezone('UTC', try_cast({{ text }} as timestamptz))
        else try_cast({{ text }} as timestamp)
    end
{%- endmacro %}

{# One row per element of a nested column: a from-item to cross join, its row called `as_name`. #}
{% macro unnest_rows(column, as_name) -%}
    {{- return(adapter.dispatch("unnest_rows", "segmentation")(column, as_name)) -}}
{%- endmacro %}

{% macro default__unnest_rows(column, as_name) -%}
    lateral explode({{ column }}) as {{ as_name }}_rows ({{ as_name }})
{%- endmacro %}

{% macro duckdb__unnest_rows(column, as_name) -%}
    unnest({{ column }}) as {{ as_name }}_rows ({{ as_name }})
{%- endmacro %}

{# One element of a list, counted from 1. #}
{% macro list_element(column, position) -%}
    {{- return(adapter.dispatch("list_element", "segmentation")(column, position)) -}}
{%- endmacro %}

{% macro default__list_element(column, position) -%}
    element_at({{ column }}, {{ position }})
{%- endmacro %}

{% macro duckdb__list_element(column, position) -%}
    {{ column }}[{{ position }}]
{%- endmacro %}

{# Text as a list of what stands between separators. #}
{% macro split_text(text, separator) -%}
    {{- return(adapter.dispatch("split_text", "segmentation")(text, separator)) -}}
{%- endmacro %}

{% macro default__split_text(text, separator) -%}
    split({{ text }}, '{{ separator }}')
{%- endmacro %}

{% macro duckdb__split_text(text, separator) -%}
    string_split({{ text }}, '{{ separator }}')
{%- endmacro %}

{# A whole number as people write it: 1,234. #}
{% macro with_commas(number) -%}
    {{- return(adapter.dispatch("with_commas", "segmentation")(number)) -}}
{%- endmacro %}

{% macro default__with_commas(number) -%}
    format_number({{ number }}, 0)
{%- endmacro %}

{% macro duckdb__with_commas(number) -%}
    format('{:,}', cast({{ number }} as bigint))
{%- endmacro %}

{# A share as a percentage with one decimal: 12.5 %. #}
{% macro as_percentage(share) -%}
    {{- return(adapter.dispatch("as_percentage", "segmentation")(share)) -}}
{%- endmacro %}

{% macro default__as_percentage(share) -%}
    format_string('%.1f %%', cast(100.0 * ({{ share }}) as double))
{%- endmacro %}

{% macro duckdb__as_percentage(share) -%}
    format('{:.1f} %', cast(100.0 * ({{ share }}) as double))
{%- endmacro %}

{# Text with everything that matches the pattern replaced; a dot matches line ends too. #}
{% macro replace_matches(text, pattern, replacement) -%}
    {{- return(adapter.dispatch("replace_matches", "segmentation")(text, pattern, replacement)) -}}
{%- endmacro %}

{% macro default__replace_matches(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '(?s){{ pattern }}', '{{ replacement }}')
{%- endmacro %}

{% macro duckdb__replace_matches(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '(?s){{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

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

{% macro duckdb__json_of_texts(texts) -%}
    cast(
        json_object(
            {%- for name, text in texts.items() %}
            {{ text_literal(name) }}, {{ text }}{{ "," if not loop.last }}
            {%- endfor %}
        ) as varchar
    )
{%- endmacro %}

{# The names of the texts in a JSON text, as a list. #}
{% macro json_names(json) -%}
    {{- return(adapter.dispatch("json_names", "segmentation")(json)) -}}
{%- endmacro %}

{% macro default__json_names(json) -%}
    map_keys(from_json({{ json }}, 'map<string, string>'))
{%- endmacro %}

{% macro duckdb__json_names(json) -%}
    json_keys({{ json }})
{%- endmacro %}

{# One of the texts in a JSON text, its name being that of a column; null where it has none. #}
{% macro json_text(json, name) -%}
    {{- return(adapter.dispatch("json_text", "segmentation")(json, name)) -}}
{%- endmacro %}

{% macro default__json_text(json, name) -%}
    element_at(from_json({{ json }}, 'map<string, string>'), {{ name }})
{%- endmacro %}

{% macro duckdb__json_text(json, name) -%}
    json_extract_string({{ json }}, concat('/', replace(replace({{ name }}, '~', '~0'), '/', '~1')))
{%- endmacro %}

{# Whether any of the texts in a JSON text is there. #}
{% macro json_has_text(json) -%}
    {{- return(adapter.dispatch("json_has_text", "segmentation")(json)) -}}
{%- endmacro %}

{% macro default__json_has_text(json) -%}
    exists(map_values(from_json({{ json }}, 'map<string, string>')), text -> text is not null)
{%- endmacro %}

{% macro duckdb__json_has_text(json) -%}
    len(list_filter(json_extract_string({{ json }}, '$.*'), lambda text: text is not null)) > 0
{%- endmacro %}

{# dbt-duckdb keeps the work table of an incremental Python model under a new name at every build. #}
{% macro drop_leftover_tables() -%}
    {{- return(adapter.dispatch("drop_leftover_tables", "segmentation")()) -}}
{%- endmacro %}

{% macro default__drop_leftover_tables() -%}
    select 1
{%- endmacro %}

{% macro duckdb__drop_leftover_tables() -%}
    {%- if execute -%}
        {#- Only what this project's own models leave: others may keep tables in the same file. -#}
        {%- for node in graph.nodes.values()
            if node.resource_type == "model" and node.package_name == "segmentation"
            and node.config.materialized == "incremental" -%}
            {%- set leftovers = run_query(
                "select table_schema, table_name from information_schema.tables"
                ~ " where table_type = 'BASE TABLE' and table_catalog = " ~ text_literal(target.database)
                ~ " and table_schema in (" ~ text_literal(target.schema) ~ ", "
                ~ text_literal(node.schema) ~ ") and starts_with(table_name, "
                ~ text_literal(node.alias ~ "__dbt_tmp") ~ ")"
            ) -%}
            {%- for leftover in leftovers.rows -%}
                {%- do run_query(
                    "drop table if exists " ~ quoted(leftover[0]) ~ "." ~ quoted(leftover[1])
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
        {#- What earlier versions called tables that have other names now: nothing updates them. -#}
        {%- set schema = graph.nodes["model.segmentation.all_models"].schema -%}
        {%- for former_name in ["every_model", "every_segment", "every_scoring_rule"] -%}
            {%- do run_query(
                "drop table if exists " ~ quoted(schema) ~ "." ~ quoted(former_name)
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    select 1
{%- endmacro %}

{# The views over files that a plugin reads would be broken for every reader but this run. #}
{% macro drop_source_views() -%}
    {{- return(adapter.dispatch("drop_source_views", "segmentation")()) -}}
{%- endmacro %}

{% macro default__drop_source_views() -%}
    select 1
{%- endmacro %}

{% macro duckdb__drop_source_views() -%}
    {%- if execute -%}
        {%- for source in graph.sources.values()
            if source.package_name == "segmentation" and source.meta.get("plugin") -%}
            {%- do run_query(
                "drop view if exists " ~ quoted(source.schema) ~ "." ~ quoted(source.identifier)
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    select 1
{%- endmacro %}

{# SQL functions that score people who are in no table yet; all_scoring_rules has their bodies. #}
{% macro create_scoring_macros() -%}
    {{- return(adapter.dispatch("create_scoring_macros", "segmentation")()) -}}
{%- endmacro %}

{% macro default__create_scoring_macros() -%}
    select 1
{%- endmacro %}

{% macro duckdb__create_scoring_macros() -%}
    {%- if execute -%}
        {%- for result in results if result.node.unique_id == "model.segmentation.all_scoring_rules"
            and result.status == "success" -%}
            {#- Beside the tables that readers know. -#}
            {%- set mart = graph.nodes["model.segmentation.dim_segments"] -%}
            {%- set schema = adapter.quote(mart.database) ~ "." ~ adapter.quote(mart.schema) -%}
            {%- for segmentation in clusterings() -%}
                {#- What another data set left behind would score by a model not in force. -#}
                {%- for macro in [segmentation, segmentation ~ "_person"] -%}
                    {%- do run_query("drop macro table if exists " ~ schema ~ ".score_" ~ macro) -%}
                {%- endfor -%}
            {%- endfor -%}
            {%- do run_query("create schema if not exists " ~ schema) -%}
            {%- set rules = run_query(
                "select segmentation, people_macro, person_macro from " ~ result.node.relation_name
            ) -%}
            {%- for rule in rules.rows -%}
                {%- do run_query("create macro " ~ schema ~ ".score_" ~ rule[0] ~ rule[1]) -%}
                {%- do run_query("create macro " ~ schema ~ ".score_" ~ rule[0] ~ "_person" ~ rule[2]) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    select 1
{%- endmacro %}
