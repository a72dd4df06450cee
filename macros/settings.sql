{# What a run is about: its data set and its day. Each stops the run on a value it does not know. #}

{% macro dataset() -%}
    {%- set known = var("datasets") -%}
    {%- set name = var("dataset") -%}
    {%- if name not in known -%}
        {%- do exceptions.raise_compiler_error(
            "There is no data set '" ~ name ~ "'. The data sets are: " ~ known | sort | join(", ")
            ~ ". Choose one with --vars 'dataset: " ~ (known | sort | first) ~ "'."
        ) -%}
    {%- endif -%}
    {{- return(name) -}}
{%- endmacro %}

{# Which file or relations of the data set: a model of one is never applied to another. #}
{% macro variant() -%}
    {%- if dataset() == "marketing_campaign" -%}
        {{- return(var("marketing_campaign_file")) -}}
    {%- elif dataset() == "warehouse" -%}
        {#- What the customers are known by: a table that is added changes no model. -#}
        {%- for table in ["orders", "customer_activity", "customers"]
            if written_relation(table) is not none -%}
            {{- return(written_relation(table).names | join(".")) -}}
        {%- endfor -%}
        {{- return(var("warehouse_schema")) -}}
    {%- endif -%}
    {{- return("default") -}}
{%- endmacro %}

{# The segmentations whose segments are found in the data; prospects are classified instead. #}
{% macro clusterings() -%}
    {{- return(["value", "profile"]) -}}
{%- endmacro %}

{# All of them, in the order of their questions. #}
{% macro segmentations() -%}
    {{- return(clusterings() + ["prospects"]) -}}
{%- endmacro %}

{% macro is_dataset(name) -%}
    {{- return(dataset() == name) -}}
{%- endmacro %}

{# A var that nobody reads is a var that somebody misspelt. #}
{% macro check_variables() -%}
    {%- set known = [
        "as_of",
        "complete_journey_time_zone",
        "dataset",
        "datasets",
        "early_days",
        "lrfm_window_days",
        "marketing_campaign_file",
        "profile_options",
        "prospect_tenure_days",
        "prospects_options",
        "refit",
        "refit_after_days",
        "value_options",
        "warehouse_relations",
        "warehouse_schema",
    ] -%}
    {#- In the run of a project that installs this one as a package, vars are that project's too. -#}
    {%- for name in invocation_args_dict.get("vars", {})
        if name not in known and project_name == "segmentation" -%}
        {%- do exceptions.raise_compiler_error(
            "There is no var '" ~ name ~ "'. The vars are: " ~ known | join(", ")
            ~ "; dbt_project.yml says what they do."
        ) -%}
    {%- endfor -%}
    select 1
{%- endmacro %}

{#
  In another project's run, `ref` prefers that project's models: one called dim_customers would take
  the place of ours, unnoticed. Where ours is disabled, that is what the project asks for, and what
  stg_warehouse__ models read is what `warehouse_relations` names.
#}
{% macro check_references() -%}
    {%- if execute and project_name != "segmentation" -%}
        {%- for node in graph.nodes.values() if node.package_name == "segmentation"
            and not node.name.startswith("stg_warehouse__") -%}
            {%- for id in node.depends_on.nodes
                if id in graph.nodes and graph.nodes[id].package_name == project_name -%}
                {%- set name = graph.nodes[id].name -%}
                {%- for kind in ["model", "seed"] if kind ~ ".segmentation." ~ name in graph.nodes -%}
                    {%- do exceptions.raise_compiler_error(
                        "Your project and the package segmentation both have a " ~ kind ~ " " ~ name
                        ~ ", and the package's " ~ node.name ~ " would read yours. Add to the flags of"
                        ~ " your dbt_project.yml: require_ref_searches_node_package_before_root: true"
                    ) -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    select 1
{%- endmacro %}

{# The day as a Python date. #}
{% macro as_of_day() -%}
    {%- set text = (var("as_of") or var("datasets")[dataset()]["as_of"]) | string -%}
    {%- set day = modules.re.match("^((?:19|20|21)\\d\\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$", text) -%}
    {%- if day -%}
        {#- Counted on from the first of the month, a 30 February is seen to be a day of March. -#}
        {%- set first = modules.datetime.date(day.group(1) | int, day.group(2) | int, 1) -%}
        {%- set found = first + modules.datetime.timedelta(days=day.group(3) | int - 1) -%}
    {%- endif -%}
    {%- if not day or found.month != first.month -%}
        {%- do exceptions.raise_compiler_error(
            "as_of is '" ~ text ~ "'. It must be a day of the calendar from 1900 on, written "
            ~ "YYYY-MM-DD, e.g. --vars 'as_of: 2017-12-31'."
        ) -%}
    {%- endif -%}
    {{- return(found) -}}
{%- endmacro %}

{# The day as a SQL literal. Events of the day itself count. #}
{% macro as_of() -%}
    cast('{{ as_of_day() }}' as date)
{%- endmacro %}

{# The day after which nothing can have happened: the data set's own, unless as_of is later. #}
{% macro latest_day() -%}
    {%- set own = modules.datetime.datetime.strptime(
        var("datasets")[dataset()]["as_of"] | string, "%Y-%m-%d"
    ).date() -%}
    cast('{{ [own, as_of_day()] | max }}' as date)
{%- endmacro %}

{# The first day that frequency and monetary count. #}
{% macro window_start() -%}
    {%- set days = var("lrfm_window_days") -%}
    {%- if days is not integer or days < 1 or days > 36500 -%}
        {%- do exceptions.raise_compiler_error(
            "lrfm_window_days is '" ~ days ~ "'. It must be a whole number of days, 1 to 36500."
        ) -%}
    {%- endif -%}
    cast('{{ as_of_day() - modules.datetime.timedelta(days=days - 1) }}' as date)
{%- endmacro %}

{# How many days of a customer count as their beginning, the day of the first purchase included. #}
{% macro early_days() -%}
    {%- set days = var("early_days") -%}
    {%- if days is not integer or days < 1 or days > 36500 -%}
        {%- do exceptions.raise_compiler_error(
            "early_days is '" ~ days ~ "'. It must be a whole number of days, 1 to 36500."
        ) -%}
    {%- endif -%}
    {{- return(days) -}}
{%- endmacro %}

{# Who first bought fewer days than this before as_of is a prospect. #}
{% macro prospect_tenure_days() -%}
    {%- set days = var("prospect_tenure_days") -%}
    {%- if days is not integer or days < early_days() or days > 36500 -%}
        {%- do exceptions.raise_compiler_error(
            "prospect_tenure_days is '" ~ days ~ "'. It must be a whole number of days, early_days ("
            ~ early_days() ~ ") to 36500: what established customers did after their beginning is "
            ~ "what prospects are compared with."
        ) -%}
    {%- endif -%}
    {{- return(days) -}}
{%- endmacro %}

{# Days that activity given ready made covers, for figures per year. #}
{% macro activity_days() -%}
    {{- return(var("datasets")[dataset()].get("activity_days", 365)) -}}
{%- endmacro %}

{# One of the contract tables (docs/data_contract.md) of the chosen data set. #}
{% macro contract_table(name) -%}
    {{- return(ref("stg_" ~ dataset() ~ "__" ~ name)) -}}
{%- endmacro %}
