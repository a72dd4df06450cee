{#
  How a table takes the place of the one before, instead of dbt-duckdb's way: there, a new table has
  another name at first, and two are renamed. Here the old table is dropped and the new one created
  under its name, in one transaction: other connections read the old one until the commit, and a model
  that fails leaves it as it was. Constraints that refer to other tables are not provided for; this
  project has none. dbt uses it in this project's own runs: a package's materialization never takes
  the place of the adapter's.
#}
{% materialization table, adapter="duckdb", supported_languages=["sql", "python"] %}
    {%- set language = model["language"] -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type="table") -%}
    {#- A Python model may write through a connection of its own, which sees no open transaction. -#}
    {%- set written_relation = target_relation -%}
    {%- if language == "python" -%}
        {%- set written_relation = make_intermediate_relation(target_relation) -%}
        {#- There, where a run was killed. -#}
        {%- do drop_relation_if_exists(load_cached_relation(written_relation)) -%}
    {%- endif -%}
    {%- set partitioned_by = duckdb__get_partitioned_by(target_relation, false) -%}
    {%- set sorted_by = duckdb__get_sorted_by(target_relation, false) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if language == "sql" -%}
        {%- do drop_within_transaction(existing_relation) -%}
    {%- endif -%}
    {% call statement("main", language=language) -%}
        {{- create_table_as(
            False, written_relation, compiled_code, language,
            partitioned_by=partitioned_by, sorted_by=sorted_by
        ) }}
    {%- endcall %}
    {%- if language == "python" -%}
        {%- do drop_within_transaction(existing_relation) -%}
        {%- call statement("rename_written_relation") -%}
            alter table {{ written_relation }} rename to {{ adapter.quote(target_relation.identifier) }}
        {%- endcall -%}
    {%- endif -%}

    {%- do create_indexes(target_relation) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(
        target_relation, config.get("grants"), should_revoke(existing_relation, full_refresh_mode=True)
    ) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ adapter.commit() }}
    {%- if existing_relation is not none -%}
        {#- It may have been a view. -#}
        {%- do adapter.cache_dropped(existing_relation) -%}
    {%- endif %}

    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{#
  Drops a relation within the transaction, which begins here unless it has begun. dbt's own macro would
  take it out of dbt's cache too, also where the transaction is rolled back.
#}
{% macro drop_within_transaction(relation) -%}
    {%- if relation is not none -%}
        {%- call statement("drop_replaced_relation") -%}
            drop {{ relation.type }} if exists {{ relation }} cascade
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}
