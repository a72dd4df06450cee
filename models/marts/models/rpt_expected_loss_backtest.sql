{%- set days_ago = forecast_period_days() -%}

with

losses as (

    {{ expected_losses(days_ago) | indent(4) }}

),

compared_losses as (

    {{ actual_losses("losses", days_ago) | indent(4) }}

),

-- Equal customers are taken in the order of their ids.
ranked as (

    select
        losses.customer_id,
        losses.expected_loss,
        losses.learned_from_customers,
        compared_losses.lost,
        ntile(5) over (order by losses.expected_loss desc, losses.customer_id asc) as fifth,
        ntile(5) over (order by losses.run_rate desc, losses.customer_id asc) as run_rate_fifth,
        ntile(5) over (order by compared_losses.lost desc, losses.customer_id asc) as actual_fifth
    from losses
    inner join compared_losses
        on losses.customer_id = compared_losses.customer_id

),

summed_to_all as (

    select sum(lost) as lost
    from ranked

),

summed_to_fifths as (

    select
        fifth,
        count(*) as customers,
        max(learned_from_customers) as learned_from_customers,
        sum(expected_loss) as expected_loss,
        sum(lost) as actual_loss
    from ranked
    group by fifth

),

summed_to_run_rate_fifths as (

    select
        run_rate_fifth as fifth,
        sum(lost) as actual_loss
    from ranked
    group by run_rate_fifth

),

summed_to_actual_fifths as (

    select
        actual_fifth as fifth,
        sum(lost) as actual_loss
    from ranked
    group by actual_fifth

),

joined_fifths as (

    select
        fifths.fifth,
        fifths.customers,
        fifths.expected_loss,
        fifths.actual_loss,
        fifths.learned_from_customers,
        run_rate_fifths.actual_loss as loss_by_run_rate,
        actual_fifths.actual_loss as largest_loss,
        nullif(cast(everyone.lost as double), 0) as loss_of_all
    from summed_to_fifths as fifths
    cross join summed_to_all as everyone
    inner join summed_to_run_rate_fifths as run_rate_fifths
        on fifths.fifth = run_rate_fifths.fifth
    inner join summed_to_actual_fifths as actual_fifths
        on fifths.fifth = actual_fifths.fifth

),

fits as (

    {{ current_lifetime_value_models() }}

),

unnested_fifths as (

    select
        found.fifth,
        found.customers,
        found.expected_loss,
        found.actual_loss,
        found.share_of_actual_loss,
        found.share_by_run_rate,
        found.largest_possible_share,
        found.learned_from_customers,
        found.forecast_on as forecast_as_of,
        'forecast' as expected_loss_by
    from fits
    cross join {{ unnest_rows("fits.losses", "found") }}
    where fits.verdict.ranks_customers

),

-- Where today's expected losses are those of the forecast, its own back-test is shown.
chosen_fifths as (

    select *
    from unnested_fifths

    union all

    select
        fifth,
        customers,
        expected_loss,
        actual_loss,
        cast(actual_loss as double) / loss_of_all as share_of_actual_loss,
        cast(loss_by_run_rate as double) / loss_of_all as share_by_run_rate,
        cast(largest_loss as double) / loss_of_all as largest_possible_share,
        learned_from_customers,
        {{ days_before_as_of(days_ago) }} as forecast_as_of,
        'rhythm' as expected_loss_by
    from joined_fifths
    where (select count(*) from unnested_fifths) = 0

)

select
    cast(fifth as integer) as fifth,
    cast(customers as bigint) as customers,
    cast(expected_loss as decimal(38, 2)) as expected_loss,
    cast(actual_loss as decimal(38, 2)) as actual_loss,
    cast(share_of_actual_loss as double) as share_of_actual_loss,
    cast(share_by_run_rate as double) as share_by_run_rate,
    cast(largest_possible_share as double) as largest_possible_share,
    cast(learned_from_customers as bigint) as learned_from_customers,
    cast(expected_loss_by as varchar) as expected_loss_by,
    cast(forecast_as_of as date) as forecast_as_of,
    {{ as_of() }} as as_of
from chosen_fifths
order by fifth
