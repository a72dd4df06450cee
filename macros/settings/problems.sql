{#
  What is wrong with the vars, for check_build to say all of it at once. The rule of each stands beside
  the macro that reads it, in a macro called ..._problem.
#}

{# A sentence for each var that is wrong. #}
{% macro variable_problems() -%}
    {%- set problems = unknown_variables() + dataset_problems() -%}
    {%- for problem in [
        as_of_problem(),
        days_problem(var("lrfm_window_days"), "lrfm_window_days"),
        days_problem(var("early_days"), "early_days"),
        prospect_tenure_problem(),
        horizon_problem(),
        lifetime_years_problem(),
        discount_rate_problem(),
        days_problem(own_activity_days(), activity_days_setting()),
        max_rejected_share_problem(),
        segment_survival_share_problem(),
        segment_split_share_problem(),
        publish_parquet_problem(),
        drift_problem("refit_on_drift"),
        drift_problem("fail_on_drift"),
        least_psi_problem(),
        time_zone_problem(),
    ] if problem -%}
        {%- do problems.append(problem) -%}
    {%- endfor -%}
    {{- return(problems) -}}
{%- endmacro %}

{# An unknown var is probably misspelt: one sentence for each. #}
{% macro unknown_variables() -%}
    {%- set known = [
        "as_of",
        "complete_journey_time_zone",
        "dataset",
        "datasets",
        "discount_rate",
        "early_days",
        "fail_on_drift",
        "horizon_days",
        "least_psi",
        "lifetime_value_options",
        "lifetime_years",
        "lrfm_window_days",
        "marketing_campaign_file",
        "max_rejected_share",
        "owner_email",
        "owner_name",
        "profile_options",
        "prospect_tenure_days",
        "prospects_options",
        "publish_parquet",
        "refit",
        "refit_after_days",
        "refit_on_drift",
        "segment_split_share",
        "segment_survival_share",
        "value_options",
        "warehouse_relations",
        "warehouse_row_counts",
        "warehouse_schema",
    ] -%}
    {%- set problems = [] -%}
    {#- In the run of a project that installs this one as a package, vars are that project's too. -#}
    {%- for name in invocation_args_dict.get("vars", {})
        if name not in known and project_name == "segmentation" -%}
        {%- do problems.append(
            "There is no var '" ~ name ~ "'. The vars are: " ~ known | join(", ")
            ~ "; dbt_project.yml says what they do."
        ) -%}
    {%- endfor -%}
    {{- return(problems) -}}
{%- endmacro %}

{% macro time_zone_problem() -%}
    {%- set zone = var("complete_journey_time_zone") -%}
    {%- if dataset() == "complete_journey" and not is_time_zone(zone) -%}
        {{- return(
            "complete_journey_time_zone is '" ~ zone ~ "'. It must be the name of a time zone, e.g."
            ~ " America/New_York."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{# Stops the run, but not while dbt reads the project: check_build comes first, and says more. #}
{% macro refuse(problem) -%}
    {%- if execute -%}
        {%- do exceptions.raise_compiler_error(problem) -%}
    {%- endif -%}
{%- endmacro %}
