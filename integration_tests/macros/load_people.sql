{% macro load_people() -%}
    {%- if execute -%}
        {%- do run_query("create schema if not exists crm") -%}
        {%- do run_query(
            "create or replace table crm.people as select cast(i as integer) as customer_id,"
            ~ " 'Person ' || i as name, 18 + (i * 37) % 60 as age, 1 + i % 4 as household_size,"
            ~ " case when i % 2 = 0 then 'Female' else 'Male' end as gender,"
            ~ " case when i % 3 = 0 then 'Norway' else 'Chile' end as \"Country\","
            ~ " case when i % 3 = 0 then 'premium' when i % 5 <> 0 then 'basic' end as plan,"
            ~ " case when i % 3 = 0 then 12.5 else 2 end + i % 2 as visits_per_month"
            ~ " from range(400) as numbers (i)"
        ) -%}
    {%- endif -%}
    select 1
{%- endmacro %}
