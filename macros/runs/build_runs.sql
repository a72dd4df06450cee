{#
  Which builds have begun and which have ended: one row a run, in the table build_runs beside the
  models. The row is written before the first model is, and completed after the last: a run that was
  killed has no end, and rpt_builds tells readers so.
#}

{# Without its database: a view over it is still right in a copy of the file under another name. #}
{% macro build_runs() -%}
    {{- return(table_of_runs("build_runs")) -}}
{%- endmacro %}

{#
  What each run decided about each model, see python/segmentation/steps/decision_log.py: a fit step adds
  its row, in the transaction of its fit.
#}
{% macro fit_decisions() -%}
    {{- return(table_of_runs("fit_decisions")) -}}
{%- endmacro %}

{% macro table_of_runs(name) -%}
    {%- if not execute -%}
        {{- return(name) -}}
    {%- endif -%}
    {%- set model = graph.nodes["model.segmentation.value_model"] -%}
    {{- return(
        api.Relation.create(schema=model.schema, identifier=name).include(database=false) | string
    ) -}}
{%- endmacro %}

{#
  Ids of the models with tables that this project brings, be it installed as a package of another or
  not.
#}
{% macro own_models() -%}
    {%- set ids = [] -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == "model" and node.package_name == "segmentation"
        and node.config.materialized != "ephemeral" -%}
        {%- do ids.append(node.unique_id) -%}
    {%- endfor -%}
    {{- return(ids) -}}
{%- endmacro %}

{# The number of the last model of each segmentation, as the run begins. #}
{% macro model_numbers() -%}
    {%- set numbers = {} -%}
    {%- for segmentation in fitted_models() -%}
        {%- set model = graph.nodes["model.segmentation." ~ segmentation ~ "_model"] -%}
        {%- set relation = adapter.get_relation(model.database, model.schema, model.alias) -%}
        {%- if relation is none -%}
            {%- do numbers.update({segmentation: 0}) -%}
        {%- else -%}
            {%- set last = run_query(
                "select coalesce(max(model_number), 0) from " ~ relation
                ~ " where dataset = " ~ text_literal(dataset())
                ~ " and variant = " ~ text_literal(variant())
            ) -%}
            {%- do numbers.update({segmentation: last.rows[0][0] | int}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(numbers) -}}
{%- endmacro %}

{#
  The stored models of each segmentation for the data set and variant of the build, the newest
  first: seeds/model_promotions.csv can name these. None with --defer, where they are in another
  file, and with --empty.
#}
{% macro stored_versions() -%}
    {%- if invocation_args_dict.get("defer") or invocation_args_dict.get("empty") -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set versions = {} -%}
    {%- for segmentation in fitted_models() -%}
        {%- set model = graph.nodes["model.segmentation." ~ segmentation ~ "_model"] -%}
        {%- set relation = adapter.get_relation(model.database, model.schema, model.alias) -%}
        {%- set listed = [] -%}
        {%- if relation is not none -%}
            {%- for row in run_query(
                "select model_version, cast(as_of as varchar), lrfm_window_days from " ~ relation
                ~ " where model_version is not null and dataset = " ~ text_literal(dataset())
                ~ " and variant = " ~ text_literal(variant()) ~ " order by model_number desc"
            ).rows -%}
                {%- do listed.append({
                    "model_version": row[0],
                    "as_of": row[1],
                    "lrfm_window_days": row[2] | int,
                }) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- do versions.update({segmentation: listed}) -%}
    {%- endfor -%}
    {{- return(versions) -}}
{%- endmacro %}

{# A run that selects no model writes no mart and is not listed. #}
{% macro begin_run() -%}
    {%- if execute -%}
        {%- set selected = own_models() | select("in", selected_resources) | list -%}
        {%- if selected -%}
            {%- set model = graph.nodes["model.segmentation.value_model"] -%}
            {%- do adapter.create_schema(
                api.Relation.create(database=model.database, schema=model.schema)
            ) -%}
            {%- do run_query(
                "create table if not exists " ~ build_runs() ~ " ("
                ~ "run_number integer, run_id varchar, command varchar, started_at timestamp, "
                ~ "ended_at timestamp, dataset varchar, variant varchar, as_of date, refit boolean, "
                ~ "is_empty boolean, models integer, models_selected integer, models_built integer, "
                ~ "nodes_failed integer, nodes_skipped integer, models_before varchar)"
            ) -%}
            {%- do run_query(
                "create table if not exists " ~ fit_decisions() ~ " ("
                ~ "run_number integer, dataset varchar, variant varchar, as_of date, "
                ~ "segmentation varchar, decision varchar, reason varchar, latest_version varchar, "
                ~ "became varchar, champion_version varchar)"
            ) -%}
            {%- do run_query(
                "insert into " ~ build_runs()
                ~ " select coalesce(max(run_number), 0) + 1, '" ~ invocation_id ~ "', '"
                ~ invocation_args_dict.which ~ "', cast('"
                ~ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") ~ "' as timestamp), null, "
                ~ text_literal(dataset()) ~ ", "
                ~ text_literal(variant()) ~ ", " ~ as_of() ~ ", "
                ~ (var("refit") | string | trim | lower == "true") ~ ", "
                ~ (invocation_args_dict.get("empty") or false) ~ ", "
                ~ own_models() | length ~ ", " ~ selected | length ~ ", null, null, null, "
                ~ text_literal(tojson(model_numbers())) ~ " from " ~ build_runs()
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# The last thing that a run does to the warehouse. #}
{% macro end_run() -%}
    {%- if execute and own_models() | select("in", selected_resources) | list -%}
        {%- set counted = namespace(built=0, failed=0, skipped=0) -%}
        {%- for result in results if result.node.package_name == "segmentation" -%}
            {%- if result.status in ["error", "fail", "runtime error", "partial success"] -%}
                {%- set counted.failed = counted.failed + 1 -%}
            {%- elif result.status == "skipped" -%}
                {%- set counted.skipped = counted.skipped + 1 -%}
            {%- elif result.node.resource_type == "model" -%}
                {%- set counted.built = counted.built + 1 -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set now = modules.datetime.datetime.now(modules.pytz.utc) -%}
        update {{ build_runs() }}
        set
            ended_at = cast('{{ now.strftime("%Y-%m-%d %H:%M:%S.%f") }}' as timestamp),
            models_built = {{ counted.built }},
            nodes_failed = {{ counted.failed }},
            nodes_skipped = {{ counted.skipped }}
        where run_id = '{{ invocation_id }}'
    {%- endif -%}
{%- endmacro %}
