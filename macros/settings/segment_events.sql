{# When a segment of a new model counts as a segment of the previous one, see fct_segment_events. #}

{# A segment survives if one segment of the new model has at least this share of its customers. #}
{% macro segment_survival_share() -%}
    {%- if segment_survival_share_problem() -%}
        {%- do refuse(segment_survival_share_problem()) -%}
        {{- return(0.7) -}}
    {%- endif -%}
    {{- return(var("segment_survival_share")) -}}
{%- endmacro %}

{# A segment splits into parts that each have at least this share of its customers. #}
{% macro segment_split_share() -%}
    {%- if segment_split_share_problem() -%}
        {%- do refuse(segment_split_share_problem()) -%}
        {{- return(0.3) -}}
    {%- endif -%}
    {{- return(var("segment_split_share")) -}}
{%- endmacro %}

{# Above a half, so that a segment survives in one segment at most. #}
{% macro segment_survival_share_problem() -%}
    {%- set share = var("segment_survival_share") -%}
    {%- if share is not number or share is boolean or not (share > 0.5 and share <= 1) -%}
        {{- return(
            "segment_survival_share is '" ~ share ~ "'. It must be a number above 0.5, at most 1, e.g. 0.7."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{# At most a half, so that a part is smaller than a segment that survives. #}
{% macro segment_split_share_problem() -%}
    {%- set share = var("segment_split_share") -%}
    {%- if share is not number or share is boolean or not (share > 0 and share <= 0.5) -%}
        {{- return(
            "segment_split_share is '" ~ share ~ "'. It must be a number above 0, at most 0.5, e.g. 0.3."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}
