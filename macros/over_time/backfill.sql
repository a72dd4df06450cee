{# What `segmentation backfill` asks of dbt, see python/segmentation/backfill/dbt_runs.py. #}

{#
  Says, in dbt's log, what a run with these vars would be about, and which file it would write to.
  Nothing is built.
#}
{% macro describe_run() -%}
    {%- set found = {
        "path": target.path,
        "dataset": dataset(),
        "variant": variant(),
        "lrfm_window_days": lrfm_window_days(),
    } -%}
    {%- do log("segmentation_run " ~ tojson(found)) -%}
{%- endmacro %}

{#
  Publishes the marts as those of an earlier run, to which nothing but days of the history was added.
#}
{% macro publish_again(run_id) -%}
    {%- set published = publish_by_engine(run_id) -%}
    {%- if published.problems -%}
        {%- do exceptions.raise_compiler_error(published.problems | join(" ")) -%}
    {%- endif -%}
{%- endmacro %}
