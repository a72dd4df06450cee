{# A file for readers, where tables of the engine can be read by the process that builds them alone. #}

{# Sentences that say why the marts cannot be published. #}
{% macro publishing_problems_of_engine() -%}
    {{- return(adapter.dispatch("publishing_problems_of_engine", "segmentation")()) -}}
{%- endmacro %}

{% macro default__publishing_problems_of_engine() -%}
    {{- return([]) -}}
{%- endmacro %}

{# A query that fails with a message. #}
{% macro failing_query(message) -%}
    {{- return(adapter.dispatch("failing_query", "segmentation")(message)) -}}
{%- endmacro %}

{% macro default__failing_query(message) -%}
    select raise_error({{ text_literal(message) }})
{%- endmacro %}

{#
  Publishes the marts of a run. Returns a dictionary of `problems`, a list of sentences, and `file`,
  the published file or none.
#}
{% macro publish_by_engine(run_id) -%}
    {{- return(adapter.dispatch("publish_by_engine", "segmentation")(run_id)) -}}
{%- endmacro %}

{% macro default__publish_by_engine(run_id) -%}
    {{- return({"problems": [], "file": none}) -}}
{%- endmacro %}
