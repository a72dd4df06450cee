{# Which data set, and which of its files or relations. #}

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

{# What an entry of the var `datasets` can say of its data set. #}
{% macro dataset_keys() -%}
    {%- set keys = ["as_of", "activity_days"] -%}
    {%- for segmentation in fitted_models() -%}
        {%- do keys.append(segmentation ~ "_options") -%}
    {%- endfor -%}
    {{- return(keys) -}}
{%- endmacro %}

{# A sentence for each key of the data set's entry that is not read. Fits read the options. #}
{% macro dataset_problems() -%}
    {%- set problems = [] -%}
    {%- for key in var("datasets")[dataset()] -%}
        {%- if key not in dataset_keys() -%}
            {%- do problems.append(
                "The data set '" ~ dataset() ~ "' has the key '" ~ key ~ "' in the var datasets. The keys are: "
                ~ dataset_keys() | join(", ") ~ "."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(problems) -}}
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

{% macro is_dataset(name) -%}
    {{- return(dataset() == name) -}}
{%- endmacro %}
