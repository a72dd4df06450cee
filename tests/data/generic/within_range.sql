{# Broken: a value lies beyond what it can be. A null is not looked at. #}
{% test within_range(model, column_name, minimum=none, maximum=none) %}
    select {{ column_name }}
    from {{ model }}
    where
        1 = 0
        {%- if minimum is not none %}
        or {{ column_name }} < cast({{ text_literal(minimum) }} as double)
        {%- endif %}
        {%- if maximum is not none %}
        or {{ column_name }} > cast({{ text_literal(maximum) }} as double)
        {%- endif %}
{% endtest %}
