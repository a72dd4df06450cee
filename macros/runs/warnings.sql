{#
  The sentences of rpt_warnings, as warnings of dbt: a data test can only say how many there are.
  Said where the run built the table; an emptied one knows nothing.
#}
{% macro say_warnings() -%}
    {%- if execute and not invocation_args_dict.get("empty") -%}
        {%- for result in results
            if result.node.unique_id == "model.segmentation.rpt_warnings" and result.status == "success" -%}
            {%- set warnings = run_query(
                "select message, what_to_do from " ~ result.node.relation_name
                ~ " order by warning_number"
            ) -%}
            {%- for warning in warnings.rows -%}
                {%- do exceptions.warn("Warning: " ~ warning[0] ~ " " ~ warning[1]) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
