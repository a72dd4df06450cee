{# Results of this run that failed because the warehouse file could not grow. #}
{% macro failed_for_lack_of_room() -%}
    {%- set failed = [] -%}
    {%- if execute and results is defined -%}
        {%- for result in results if result.status == "error" -%}
            {%- set message = result.message | string -%}
            {#- What Linux says of a full disk, of a full quota, and of the limit of `ulimit -f`. -#}
            {%- if "No space left on device" in message
                or "Disk quota exceeded" in message
                or "File too large" in message -%}
                {%- do failed.append(result) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(failed) -}}
{%- endmacro %}

{% macro disk_has_room() -%}
    {{- return(not failed_for_lack_of_room()) -}}
{%- endmacro %}

{% macro say_that_the_disk_is_full() -%}
    {%- if not disk_has_room() -%}
        {%- do log(
            "The disk is full: no room for the warehouse " ~ (target.path or target.database)
            ~ " to grow when " ~ failed_for_lack_of_room()[0].node.name ~ " was written. Make room"
            ~ " and build again; what earlier runs wrote is there, and this run counts as not ended.",
            info=true
        ) -%}
    {%- endif -%}
{%- endmacro %}
