{#
  Takes the place of dbt's macro: the descriptions of a table and of its columns, in one query. dbt
  asks twice which columns there are; an enforced contract names them all.
#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set comments = [] -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do comments.append(alter_relation_comment(relation, model.description)) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() and model.columns -%}
        {%- set columns = model.columns if config.get("contract").enforced else validate_doc_columns(
            relation, model.columns, column_types("select * from " ~ relation) | list
        ) -%}
        {%- for name, column in columns.items() -%}
            {%- do comments.append(
                "comment on column " ~ relation ~ "."
                ~ (adapter.quote(name) if column.quote else name)
                ~ " is " ~ duckdb_escape_comment(column.description) ~ ";"
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if comments -%}
        {%- call statement("persist_docs") -%}
            {{ comments | join("\n") }}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}
