{#
  The segmentations whose assignments this run writes: only these are observed. A run that leaves them
  as they are would date them wrongly, and one with --empty has nobody in them.
#}
{% macro observed_segmentations() -%}
    {%- set observed = [] -%}
    {%- for segmentation in segmentations()
        if not is_emptied()
        and "model.segmentation." ~ segmentation ~ "_assignments" in selected_resources -%}
        {%- do observed.append(segmentation) -%}
    {%- endfor -%}
    {{- return(observed) -}}
{%- endmacro %}

{# A list of texts as what can stand after `in`; of none, what no row is in. #}
{% macro in_texts(texts) -%}
    {%- set literals = [] -%}
    {%- for text in texts -%}
        {%- do literals.append(text_literal(text)) -%}
    {%- endfor -%}
    {{- return("(" ~ (literals | join(", ") or "null") ~ ")") -}}
{%- endmacro %}
