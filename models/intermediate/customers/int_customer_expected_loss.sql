with

activity as (

    select customer_id
    from {{ ref("int_customer_activity") }}

),

losses as (

    {{ expected_losses(days_ago=0) | indent(4) }}

)

select
    cast(activity.customer_id as varchar) as customer_id,
    cast(losses.run_rate as decimal(38, 2)) as run_rate,
    cast(losses.lateness_band as integer) as lateness_band,
    cast(losses.days_band as integer) as days_band,
    cast(losses.loss_share as double) as loss_share,
    cast(losses.expected_loss as decimal(38, 2)) as expected_loss,
    cast(losses.learned_from_customers as bigint) as learned_from_customers
from activity
left join losses
    on activity.customer_id = losses.customer_id
