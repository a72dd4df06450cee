with

-- Activity that was given ready made tells nothing of single days.
activity as (

    select
        first_purchase_on,
        cast({{ dbt.date_trunc("month", "first_purchase_on") }} as date) as first_month,
        {{ dbt.datediff("first_purchase_on", as_of(), "day") }} as tenure_days  -- noqa: LT05
    from {{ ref("int_customer_activity") }}
    where refunds is not null

),

counted_months as (

    select
        first_month,
        count(*) as customers,
        row_number() over (order by first_month asc) as month_number
    from activity
    group by first_month

),

-- Where the data begin, long-standing customers seem to buy for the first time.
compared_months as (

    select
        max(case when month_number = 1 then first_month end) as first_month,
        max(case when month_number = 1 then customers end) as first_customers,
        median(case when month_number > 1 then customers end) as typical_customers
    from counted_months

),

burn_in as (

    select
        case
            when first_customers > 2 * typical_customers
                then cast({{ dbt.dateadd("month", 1, "first_month") }} as date)
        end as learned_from_day,
        case when first_customers > 2 * typical_customers then first_customers else 0 end
            as left_out_customers
    from compared_months

),

horizons as (

    {% for days in horizons() %}
        select {{ days }} as horizon_days
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

counted_customers as (

    select
        horizons.horizon_days,
        burn_in.learned_from_day,
        burn_in.left_out_customers,
        count(activity.first_purchase_on) as customers
    from horizons
    cross join burn_in
    left join activity
        on
            horizons.horizon_days <= activity.tenure_days
            and (
                burn_in.learned_from_day is null
                or burn_in.learned_from_day <= activity.first_purchase_on
            )
    group by
        horizons.horizon_days,
        burn_in.learned_from_day,
        burn_in.left_out_customers

),

-- The longest that enough customers have reached; where none is, the shortest says how many did.
ranked_horizons as (

    select
        horizon_days,
        learned_from_day,
        left_out_customers,
        customers,
        customers >= {{ least_customers_at_age() }} as is_reached,
        row_number() over (
            order by
                case when customers >= {{ least_customers_at_age() }} then 0 else 1 end asc,
                case
                    when customers >= {{ least_customers_at_age() }} then -horizon_days
                    else horizon_days
                end asc
        ) as horizon_rank
    from counted_customers

)

select
    cast(case when is_reached then horizon_days end as integer) as horizon_days,
    cast(customers as bigint) as customers,
    cast(learned_from_day as date) as learned_from_day,
    cast(left_out_customers as bigint) as left_out_customers,
    cast(
        case
            when not is_reached
                then
                    concat(
                        'no forecast: ',
                        cast(customers as varchar),
                        ' customers were seen for ',
                        cast(horizon_days as varchar),
                        ' days after their first purchase, ',
                        '{{ least_customers_at_age() }} are needed',
                        case
                            when left_out_customers > 0
                                then
                                    concat(
                                        '; ',
                                        cast(left_out_customers as varchar),
                                        ' of the first month of the data do not count'
                                    )
                            else ''
                        end
                    )
        end as varchar
    ) as no_forecast_because
from ranked_horizons
where horizon_rank = 1
