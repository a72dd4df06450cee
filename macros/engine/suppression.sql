{# What engines spell differently to keep suppressed customers out; docs/erasure.md. #}

{# Sentences that say why suppressed customers cannot be kept out. #}
{% macro suppression_problems() -%}
    {{- return(adapter.dispatch("suppression_problems", "segmentation")()) -}}
{%- endmacro %}

{% macro default__suppression_problems() -%}
    {%- if env_var("SEGMENTATION_SUPPRESSED", "") -%}
        {{- return([
            "SEGMENTATION_SUPPRESSED names a list of suppressed customers, which this engine cannot read"
            ~ " yet: they would come back."
        ]) -}}
    {%- endif -%}
    {{- return([]) -}}
{%- endmacro %}

{# The hashes of the list as what can stand after `from`; none where nobody of the data set is on it. #}
{% macro suppression_list() -%}
    {{- return(adapter.dispatch("suppression_list", "segmentation")()) -}}
{%- endmacro %}

{% macro default__suppression_list() -%}
    {{- return(none) -}}
{%- endmacro %}

{# HMAC-SHA256 of a text under the key of the list, as hexadecimal digits. #}
{% macro suppression_hash(text) -%}
    {{- return(adapter.dispatch("suppression_hash", "segmentation")(text)) -}}
{%- endmacro %}

{#
  Elsewhere than in DuckDB the padded keys, as hexadecimal digits, are secrets of the environment. They
  must not stand in the text of a query: give the engine a function of this name that knows them.
#}
{% macro default__suppression_hash(text) -%}
    sha2(
        concat(
            segmentation_suppression_pad('outer'),
            unhex(sha2(concat(segmentation_suppression_pad('inner'), encode({{ text }}, 'UTF-8')), 256))
        ),
        256
    )
{%- endmacro %}
