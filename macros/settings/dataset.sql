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
