{# What the int_checked_ models have in common: how a row is rejected that is right by itself. #}

{# A branch of a `case`: the customer of the row was rejected or is not there. #}
{% macro say_who_is_not_accepted(rows) %}
            when customers.customer_id is null
                then
                    concat(
                        'customer ''',
                        {{ rows }}.customer_id,
                        ''' is not among the accepted customers'
                    )
{%- endmacro %}

{#
  CTEs from `judged_alone` to `judged`: of several rows with one id, none of them wrong by itself, the
  first by `order_by` is kept. Rows are many: only those whose id stands more than once are put in order.
#}
{% macro judged_repeats(id, order_by) -%}
repeated_ids as (

    select {{ id }}
    from judged_alone
    where wrong_alone is null
    group by {{ id }}
    having count(*) > 1

),

counted_repeats as (

    select
        *,
        1 as occurrence
    from judged_alone
    where
        wrong_alone is not null
        or {{ id }} not in (
            select {{ id }}
            from repeated_ids
        )

    union all

    select
        *,
        row_number() over (
            partition by {{ id }}
            order by {{ order_by | join(", ") }}
        ) as occurrence
    from judged_alone
    where
        wrong_alone is null
        and {{ id }} in (
            select {{ id }}
            from repeated_ids
        )

),

judged as (

    select
        *,
        case
            when wrong_alone is not null then wrong_alone
            when occurrence > 1 then '{{ id }} stands in an earlier row'
        end as rejected_because
    from counted_repeats

)
{%- endmacro %}

{# What a rejected row looked like; null of an accepted one. #}
{% macro contents_of_rejected(table) -%}
    cast(
        case
            when rejected_because is not null then {{ row_text(contract_columns(table)) }}
        end as varchar
    )
{%- endmacro %}
