{% macro duckdb__library_problems() -%}
    {%- set is_registered = run_query(
        "select count(*) from duckdb_functions() where function_name = 'segmentation_build_problems'"
    ).columns[0].values()[0] -%}
    {%- if not is_registered and project_name != "segmentation" -%}
        {%- do log(
            "segmentation: options, seeds and files are not checked before the first model, because"
            ~ " the profile '" ~ target.profile_name ~ "' lacks the plugin"
            ~ " segmentation.dbt_plugins.build_checks.",
            info=true
        ) -%}
        {{- return([]) -}}
    {%- elif not is_registered -%}
        {{- return([
            "The profile '" ~ target.profile_name ~ "' lacks the plugin "
            ~ "segmentation.dbt_plugins.build_checks. List it among the plugins of the target '"
            ~ target.name ~ "', as the profiles.yml of the package segmentation does."
        ]) -}}
    {%- endif -%}
    {%- set build = {
        "assignments": assignments_folder(),
        "options": {},
        "refit": var("refit") | string,
        "refit_after_days": var("refit_after_days") | string,
        "run": {
            "dataset": dataset(),
            "variant": variant(),
            "lrfm_window_days": var("lrfm_window_days"),
        },
        "seeds": [],
        "sources": [],
        "stored_versions": stored_versions(),
    } -%}
    {%- set sources = [] -%}
    {#- start_empty_run loads the seeds that an emptied run does not find. -#}
    {%- set missing = missing_parents() if is_emptied_run() else {} -%}
    {%- for node in graph.nodes.values() if node.package_name == "segmentation" -%}
        {%- for segmentation in fitted_models() if node.name == segmentation ~ "_model" -%}
            {%- do build["options"].update({segmentation: {
                "settings": node.config.meta.settings,
                "overrides": node.config.meta.overrides,
                "columns": feature_columns(segmentation) if segmentation in segmentations() else none,
            }}) -%}
        {%- endfor -%}
        {%- if node.resource_type == "seed"
            and (node.unique_id in selected_resources or node.unique_id in missing) -%}
            {%- do build["seeds"].append({
                "name": node.name,
                "path": node.root_path ~ "/" ~ node.original_file_path,
                "shown": node.original_file_path,
                "columns": node.config.column_types,
            }) -%}
        {%- elif node.unique_id in selected_resources and node.resource_type == "model" -%}
            {%- do sources.extend(node.depends_on.nodes) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for source in graph.sources.values()
        if source.unique_id in sources and source.meta.get("plugin") -%}
        {%- do build["sources"].append({
            "name": source.name,
            "identifier": source.identifier,
            "schema": source.schema,
            "database": source.database,
            "meta": source.meta,
            "tags": source.tags,
        }) -%}
    {%- endfor -%}
    {%- set found = run_query(
        "select segmentation_build_problems(" ~ text_literal(tojson(build)) ~ ")"
    ) -%}
    {{- return(fromjson(found.columns[0].values()[0])) -}}
{%- endmacro %}
