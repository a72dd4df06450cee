{#
  Columns of a customer that the contract does not know, in one column of JSON text. Only those that
  options of the profile or of the prospects name are read: what is not read is not kept.
#}

{# The columns that options name and neither the feature tables nor the contract have, in order. #}
{% macro further_columns_named() -%}
    {%- set named = [] -%}
    {%- for segmentation, table in {
        "profile": "int_profile_features", "prospects": "int_prospect_features"
    }.items() -%}
        {%- set model = graph.nodes.get("model.segmentation." ~ segmentation ~ "_model") -%}
        {%- set feature_table = graph.nodes.get("model.segmentation." ~ table) -%}
        {%- if model and feature_table -%}
            {%- set options = options_of(model) -%}
            {%- for option in ["features", "categorical_features", "trims"] -%}
                {%- set names = options.get(option) -%}
                {%- for name in (names if names is iterable and names is not string else [])
                    if name is string and name not in named
                    and name not in feature_table.columns
                    and name | lower not in contract_columns("customers") -%}
                    {%- do named.append(name) -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(named) -}}
{%- endmacro %}

{# The options of a segmentation's model: its settings, and what is laid over them in turn. #}
{% macro options_of(model) -%}
    {%- set options = dict(model.config.meta.get("settings") or {}) -%}
    {%- set overrides = model.config.meta.get("overrides") -%}
    {%- if overrides is string -%}
        {%- set overrides = fromjson(overrides, {}) -%}
    {%- endif -%}
    {#- Whether options are what they must be is for the model to say. -#}
    {%- for layer in ([overrides] if overrides is mapping else overrides or [])
        if layer is mapping -%}
        {%- do options.update(layer) -%}
    {%- endfor -%}
    {{- return(options) -}}
{%- endmacro %}

{# Stops where options name a column that the customers do not have. #}
{% macro check_further_columns(found, relation) -%}
    {%- set beside = [] -%}
    {%- for name in found if name not in contract_columns("customers") -%}
        {%- do beside.append(name) -%}
    {%- endfor -%}
    {%- for name in further_columns_named() if name | lower not in found -%}
        {%- do exceptions.raise_compiler_error(
            "profile_options or prospects_options name the column '" ~ name ~ "', which is no feature"
            ~ " and no column of " ~ relation ~ ". Beside the columns of the contract it has: "
            ~ (beside | join(", ") or "none")
            ~ ". The features are the columns of int_profile_features and int_prospect_features."
        ) -%}
    {%- endfor -%}
{%- endmacro %}

{#
  What options of a segmentation can name: the numbers and the texts of its feature table, and further
  columns of the customers. None where the customers are of another project's model, which may not be
  built yet, or of a data set of its own, which may bring any.
#}
{% macro feature_columns(segmentation) -%}
    {%- set further = [] -%}
    {%- if dataset() == "warehouse" and not var("warehouse_relations") -%}
        {%- set relation = relation_in_schema("customers") -%}
        {%- for name in (own_columns(relation) if relation is not none else [])
            if name not in contract_columns("customers") -%}
            {%- do further.append(name) -%}
        {%- endfor -%}
    {%- elif dataset() not in [
        "complete_journey", "market_survey", "marketing_campaign", "members", "sample"
    ] -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set columns = {"numbers": [], "texts": [], "further": further} -%}
    {%- set table = graph.nodes[
        "model.segmentation.int_" ~ ("prospect" if segmentation == "prospects" else segmentation) ~ "_features"
    ] -%}
    {%- for column in table.columns.values()
        if column.name not in ["customer_id", "identity_id", "further_columns"] -%}
        {%- set kind = column.data_type | lower -%}
        {%- if kind in ["varchar", "boolean"] -%}
            {%- do columns["texts"].append(column.name) -%}
        {%- elif kind in ["integer", "bigint", "double"] or kind.startswith("decimal") -%}
            {%- do columns["numbers"].append(column.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(columns) -}}
{%- endmacro %}
