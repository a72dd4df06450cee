with

sampled_customers as (

    {{ backtested_customers() | indent(4) }}

),

purchase_days as (

    select
        customer_id,
        purchased_on,
        gap_days,
        log_gap
    from {{ ref("int_purchase_days") }}
    where customer_id in (select customer_id from sampled_customers)

),

found_states as (

    {% for quarter_end in quarter_ends_before_as_of() %}
        select
            known_on,
            customer_id,
            purchase_state
        from (
            {{ purchase_states_on("cast('" ~ quarter_end ~ "' as date)", "purchase_days") | indent(12) }}
        ) as states
        {% if not loop.last %}union all{% endif %}
    {% else %}
        select
            {{ as_of() }} as known_on,
            cast(null as varchar) as customer_id,
            cast(null as varchar) as purchase_state
        where 1 = 0
    {% endfor %}

)

select
    cast(known_on as date) as known_on,
    cast(customer_id as varchar) as customer_id,
    cast(purchase_state as varchar) as purchase_state
from found_states
