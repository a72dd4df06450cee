{#
  The incremental strategy `replaced_days` of segment_log: what is stored of a day that a run writes is
  deleted, and the run's rows of it are added. dbt-duckdb's `delete+insert` joins each stored row of a day
  with each new one of it, which for a million customers does not end.
#}
{% macro get_incremental_replaced_days_sql(arguments) -%}
    {%- set stored = arguments["target_relation"] -%}
    {%- set written = arguments["temp_relation"] -%}
    {%- set keys = arguments["unique_key"] -%}
    {%- set columns = get_quoted_csv(arguments["dest_columns"] | map(attribute="name")) -%}

    delete from {{ stored }} as stored
    where
        exists (
            select 1
            from (select distinct {{ keys | join(", ") }} from {{ written }}) as written_days
            where
                {%- for key in keys %}
                {% if not loop.first %}and {% endif %}written_days.{{ key }} = stored.{{ key }}
                {%- endfor %}
        );

    insert into {{ stored }} ({{ columns }})
    select {{ columns }}
    from {{ written }}
{%- endmacro %}
