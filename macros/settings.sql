{#
  What a run is about: its data set and its day. Each stops the run on a value it does not know; a
  macro called ..._problem says what is wrong with it, for check_build to say all of it at once.
#}

{# Stops the run, but not while dbt reads the project: check_build comes first, and says more. #}
{% macro refuse(problem) -%}
    {%- if execute -%}
        {%- do exceptions.raise_compiler_error(problem) -%}
    {%- endif -%}
{%- endmacro %}

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

{# A var that nobody reads is a var that somebody misspelt: one sentence for each. #}
{% macro unknown_variables() -%}
    {%- set known = [
        "as_of",
        "complete_journey_time_zone",
        "dataset",
        "datasets",
        "early_days",
        "lrfm_window_days",
        "marketing_campaign_file",
        "max_rejected_share",
        "profile_options",
        "prospect_tenure_days",
        "prospects_options",
        "refit",
        "refit_after_days",
        "value_options",
        "warehouse_relations",
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

{# A day of the calendar as a Python date; none where it is no day. #}
{% macro read_day(text) -%}
    {%- set day = modules.re.match(
        "^((?:19|20|21)[0-9][0-9])-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", text | string
    ) -%}
    {%- if day -%}
        {#- Counted on from the first of the month, a 30 February is seen to be a day of March. -#}
        {%- set first = modules.datetime.date(day.group(1) | int, day.group(2) | int, 1) -%}
        {%- set found = first + modules.datetime.timedelta(days=day.group(3) | int - 1) -%}
        {{- return(found if found.month == first.month else none) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{% macro day_problem(text, setting) -%}
    {%- if read_day(text) is none -%}
        {{- return(
            setting ~ " is '" ~ text ~ "'. It must be a day of the calendar from 1900 on, written "
            ~ "YYYY-MM-DD, e.g. --vars 'as_of: 2017-12-31'."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{% macro checked_day(text, setting) -%}
    {%- if day_problem(text, setting) -%}
        {%- do refuse(day_problem(text, setting)) -%}
        {{- return(modules.datetime.date(2000, 1, 1)) -}}
    {%- endif -%}
    {{- return(read_day(text)) -}}
{%- endmacro %}

{% macro as_of_text() -%}
    {{- return(var("as_of") or var("datasets")[dataset()]["as_of"]) -}}
{%- endmacro %}

{% macro as_of_problem() -%}
    {{- return(day_problem(as_of_text(), "as_of")) -}}
{%- endmacro %}

{# The day of the run as a Python date. #}
{% macro as_of_day() -%}
    {{- return(checked_day(as_of_text(), "as_of")) -}}
{%- endmacro %}

{# The day of a data set as a Python date. #}
{% macro dataset_day(name) -%}
    {{- return(
        checked_day(var("datasets")[name]["as_of"], "as_of of the data set '" ~ name ~ "'")
    ) -}}
{%- endmacro %}

{# The day as a SQL literal. Events of the day itself count. #}
{% macro as_of() -%}
    cast('{{ as_of_day() }}' as date)
{%- endmacro %}

{# The day after which nothing can have happened: the data set's own, unless as_of is later. #}
{% macro latest_day() -%}
    cast('{{ [dataset_day(dataset()), as_of_day()] | max }}' as date)
{%- endmacro %}

{% macro is_days(days, least=1) -%}
    {{- return(days is integer and days >= least and days <= 36500) -}}
{%- endmacro %}

{% macro days_problem(days, setting) -%}
    {%- if not is_days(days) -%}
        {{- return(
            setting ~ " is '" ~ days ~ "'. It must be a whole number of days, 1 to 36500."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{% macro checked_days(days, setting) -%}
    {%- if days_problem(days, setting) -%}
        {%- do refuse(days_problem(days, setting)) -%}
        {{- return(1) -}}
    {%- endif -%}
    {{- return(days) -}}
{%- endmacro %}

{% macro prospect_tenure_problem() -%}
    {%- set days = var("prospect_tenure_days") -%}
    {%- set least = var("early_days") if is_days(var("early_days")) else 1 -%}
    {%- if not is_days(days, least) -%}
        {{- return(
            "prospect_tenure_days is '" ~ days ~ "'. It must be a whole number of days, early_days ("
            ~ var("early_days") ~ ") to 36500: what established customers did after their beginning "
            ~ "is what prospects are compared with."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{# How many days frequency and monetary count. #}
{% macro lrfm_window_days() -%}
    {{- return(checked_days(var("lrfm_window_days"), "lrfm_window_days")) -}}
{%- endmacro %}

{# The first of those days. #}
{% macro window_start() -%}
    cast('{{ as_of_day() - modules.datetime.timedelta(days=lrfm_window_days() - 1) }}' as date)
{%- endmacro %}

{# How many days of a customer count as their beginning, the day of the first purchase included. #}
{% macro early_days() -%}
    {{- return(checked_days(var("early_days"), "early_days")) -}}
{%- endmacro %}

{# Who first bought fewer days than this before as_of is a prospect. #}
{% macro prospect_tenure_days() -%}
    {%- if prospect_tenure_problem() -%}
        {%- do refuse(prospect_tenure_problem()) -%}
    {%- endif -%}
    {{- return(var("prospect_tenure_days")) -}}
{%- endmacro %}

{# Days that activity given ready made covers, for figures per year. #}
{% macro activity_days() -%}
    {{- return(checked_days(own_activity_days(), activity_days_setting())) -}}
{%- endmacro %}

{% macro own_activity_days() -%}
    {{- return(var("datasets")[dataset()].get("activity_days", 365)) -}}
{%- endmacro %}

{% macro activity_days_setting() -%}
    {{- return("activity_days of the data set '" ~ dataset() ~ "'") -}}
{%- endmacro %}

{% macro max_rejected_share_problem() -%}
    {%- set share = var("max_rejected_share") -%}
    {%- if share is not number or share is boolean or not (share >= 0 and share <= 1) -%}
        {{- return(
            "max_rejected_share is '" ~ share ~ "'. It must be a number from 0 to 1, e.g. 0.01."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
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

{# The share of rejected rows of a table above which a build warns. #}
{% macro max_rejected_share() -%}
    {%- if max_rejected_share_problem() -%}
        {%- do refuse(max_rejected_share_problem()) -%}
    {%- endif -%}
    {{- return(var("max_rejected_share")) -}}
{%- endmacro %}

{# One of the contract tables (docs/data_contract.md) of the chosen data set. #}
{% macro contract_table(name) -%}
    {{- return(ref("stg_" ~ dataset() ~ "__" ~ name)) -}}
{%- endmacro %}
