{#
  Assignments of customers to a campaign or its holdout, which `segmentation export` writes as Parquet
  files into the folder that SEGMENTATION_ASSIGNMENTS names. A build without them has an empty table.
#}

{# Columns of the files, with their types. The library writes the same: audiences/assignments.py. #}
{% macro assignment_columns() -%}
    {{- return({
        "dataset": "varchar",
        "audience": "varchar",
        "customer_id": "varchar",
        "assignment_group": "varchar",
        "assigned_on": "date",
        "segmentation": "varchar",
        "segment_slug": "varchar",
        "seed": "varchar",
        "holdout_share": "double",
        "bucket": "double",
        "responses_before": "bigint",
    }) -}}
{%- endmacro %}

{# The folder, empty where none is named. #}
{% macro assignments_folder() -%}
    {{- return(env_var("SEGMENTATION_ASSIGNMENTS", "")) -}}
{%- endmacro %}

{# What was assigned, as a query. #}
{% macro read_assignments() -%}
    {%- set files = assignment_files(assignments_folder())
        if execute and assignments_folder() else none -%}
    {%- if execute and assignments_folder() and not files -%}
        {%- do log(
            "SEGMENTATION_ASSIGNMENTS names " ~ assignments_folder() ~ ", which holds no assignments:"
            ~ " no campaign is measured.",
            info=true
        ) -%}
    {%- endif -%}
    select
        {%- for column, type in assignment_columns().items() %}
        cast({{ column if files else "null" }} as {{ type }}) as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    {%- if files %}
    from {{ files }}
    {%- else %}
    where 1 = 0
    {%- endif -%}
{%- endmacro %}
