{# Broken: a column has no value in some row. One test for all such columns of a table: one query. #}
{% test never_null(model, columns) %}
    with counted as (

        select
            {%- for column in columns %}
            count(*) - count({{ column }}) as {{ column }}{{ "," if not loop.last }}
            {%- endfor %}
        from {{ model }}

    ),

    missing as (

        {%- for column in columns %}
        select '{{ column }}' as column_name, {{ column }} as rows_without_value from counted
        {{ "union all" if not loop.last }}
        {%- endfor %}

    )

    select
        column_name,
        rows_without_value
    from missing
    where rows_without_value > 0
{% endtest %}
