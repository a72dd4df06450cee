{# Operations of `segmentation backfill`, see python/segmentation/backfill/dbt_runs.py. #}

{#
  Logs the data set, variant and window of a run with these vars, and the file it would write to.
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
  Publishes the marts under the id of an earlier run; since then, only days of the history were
  added.
#}
{% macro publish_again(run_id) -%}
    {%- set published = publish_by_engine(run_id) -%}
    {%- if published.problems -%}
        {%- do exceptions.raise_compiler_error(published.problems | join(" ")) -%}
    {%- endif -%}
{%- endmacro %}
