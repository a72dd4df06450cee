{# Broken: two rows share what should identify one. Nulls count as equal. #}
{% test unique_combination(model, columns) %}
    select
        {{ columns | join(", ") }},
        count(*) as found
    from {{ model }}
    group by {{ columns | join(", ") }}
    having count(*) > 1
{% endtest %}
