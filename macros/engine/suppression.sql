{# SQL that differs between engines and keeps suppressed customers out; see docs/erasure.md. #}

{# Why suppressed customers cannot be kept out, in sentences. #}
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

{# The hashes of the list, as a from-item; none if the list has no customer of the data set. #}
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
  Other engines than DuckDB read the padded keys, as hexadecimal digits, from secrets. A query must
  not contain them: give the engine a function of this name that returns them.
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
