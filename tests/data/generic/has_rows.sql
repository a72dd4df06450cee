{# Broken: the table has not the number of rows that its grain promises. #}
{% test has_rows(model, rows) %}
    select counted.found
    from (select count(*) as found from {{ model }}) as counted
    where counted.found <> {{ rows }}
{% endtest %}
