with

assignments as (

    select *
    from {{ ref("fct_holdout_assignments") }}

),

-- How many were to be held out, and how many were: a difference that chance does not explain means
-- that the groups are not what was drawn, and no comparison of them holds.
counted_assignments as (

    select
        audience,
        min(segmentation) as segmentation,
        min(segment_slug) as segment_slug,
        min(assigned_on) as first_assigned_on,
        max(assigned_on) as last_assigned_on,
        count(*) as assigned_customers,
        count(case when assignment_group = 'held out' then 1 end) as assigned_to_holdout,
        cast(sum(cast(holdout_share as decimal(38, 12))) as double) as expected_in_holdout,
        cast(
            sum(cast(holdout_share * (1 - holdout_share) as decimal(38, 12))) as double
        ) as holdout_variance
    from assignments
    group by audience

),

tested_ratios as (

    select
        *,
        case
            when
                expected_in_holdout >= 5
                and assigned_customers - expected_in_holdout >= 5
                and holdout_variance > 0
                then
                    abs(cast(assigned_to_holdout as double) - expected_in_holdout)
                    / sqrt(holdout_variance)
        end as holdout_deviation
    from counted_assignments

),

judged_ratios as (

    select
        *,
        case
            when holdout_deviation is not null
                then {{ two_sided_p_value("holdout_deviation") }}
        end as sample_ratio_p_value
    from tested_ratios

),

-- Who was assigned on the day of the build has had no time to do anything.
observed_customers as (

    select *
    from assignments
    where
        is_customer
        and days_since > 0

),

measured_customers as (

    select
        audience,
        assignment_group,
        'response' as measure,
        cast(case when responses > 0 then 1 when responses = 0 then 0 end as decimal(38, 2))
            as measured
    from observed_customers

    union all

    select
        audience,
        assignment_group,
        'purchase' as measure,
        cast(case when purchases > 0 then 1 when purchases = 0 then 0 end as decimal(38, 2))
            as measured
    from observed_customers

    union all

    select
        audience,
        assignment_group,
        'revenue' as measure,
        revenue as measured
    from observed_customers

    union all

    select
        audience,
        assignment_group,
        'churn' as measure,
        cast(case when is_churned then 1 when not is_churned then 0 end as decimal(38, 2))
            as measured
    from observed_customers

),

averaged_groups as (

    select
        audience,
        measure,
        assignment_group,
        cast(count(measured) as double) as customers,
        cast(sum(measured) as double) / nullif(count(measured), 0) as mean
    from measured_customers
    group by
        audience,
        measure,
        assignment_group

),

measured_deviations as (

    select
        customers.audience,
        customers.measure,
        customers.assignment_group,
        cast(customers.measured as double) - averages.mean as deviation
    from measured_customers as customers
    inner join averaged_groups as averages
        on
            customers.audience = averages.audience
            and customers.measure = averages.measure
            and customers.assignment_group = averages.assignment_group

),

largest_deviations as (

    select
        audience,
        measure,
        assignment_group,
        max(abs(deviation)) as largest
    from measured_deviations
    group by
        audience,
        measure,
        assignment_group

),

-- Squares are summed as decimals, as parts of the largest: the same sum in any order, without
-- overflow.
summed_squares as (

    select
        deviations.audience,
        deviations.measure,
        deviations.assignment_group,
        max(largest.largest) * max(largest.largest) * cast(
            sum(cast(power(deviations.deviation / largest.largest, 2) as decimal(38, 18))) as double
        ) as squares
    from measured_deviations as deviations
    inner join largest_deviations as largest
        on
            deviations.audience = largest.audience
            and deviations.measure = largest.measure
            and deviations.assignment_group = largest.assignment_group
    where largest.largest > 0
    group by
        deviations.audience,
        deviations.measure,
        deviations.assignment_group

),

described_groups as (

    select
        averages.audience,
        averages.measure,
        averages.assignment_group,
        averages.customers,
        averages.mean,
        -- Of the mean; what varies with nobody is 0.
        case
            when averages.customers > 1
                then
                    coalesce(squares.squares, 0)
                    / (averages.customers - 1)
                    / averages.customers
        end as variance_of_mean
    from averaged_groups as averages
    left join summed_squares as squares
        on
            averages.audience = squares.audience
            and averages.measure = squares.measure
            and averages.assignment_group = squares.assignment_group

),

listed_measures as (

    {% for measure in ["response", "purchase", "revenue", "churn"] %}
        select '{{ measure }}' as measure
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

compared_groups as (

    select
        ratios.*,
        listed_measures.measure,
        coalesce(treated.customers, 0) as treated_customers,
        coalesce(held_out.customers, 0) as held_out_customers,
        treated.mean as treated_mean,
        held_out.mean as held_out_mean,
        treated.mean - held_out.mean as difference,
        treated.variance_of_mean as treated_variance,
        held_out.variance_of_mean as held_out_variance,
        treated.variance_of_mean + held_out.variance_of_mean as variance_of_difference
    from judged_ratios as ratios
    cross join listed_measures
    left join described_groups as treated
        on
            ratios.audience = treated.audience
            and listed_measures.measure = treated.measure
            and treated.assignment_group = 'treated'
    left join described_groups as held_out
        on
            ratios.audience = held_out.audience
            and listed_measures.measure = held_out.measure
            and held_out.assignment_group = 'held out'

),

-- Ends of Wilson's intervals of the shares, and degrees of freedom of Welch's test of the means.
bounded_groups as (

    select
        *,
        case
            when difference is not null and measure <> 'revenue'
                then {{ wilson_bound("treated_mean", "treated_customers", "-") | indent(20) }}
        end as treated_low,
        case
            when difference is not null and measure <> 'revenue'
                then {{ wilson_bound("treated_mean", "treated_customers", "+") | indent(20) }}
        end as treated_high,
        case
            when difference is not null and measure <> 'revenue'
                then {{ wilson_bound("held_out_mean", "held_out_customers", "-") | indent(20) }}
        end as held_out_low,
        case
            when difference is not null and measure <> 'revenue'
                then {{ wilson_bound("held_out_mean", "held_out_customers", "+") | indent(20) }}
        end as held_out_high,
        case
            when measure = 'revenue' and variance_of_difference > 0
                then
                    variance_of_difference * variance_of_difference / (
                        treated_variance * treated_variance / (treated_customers - 1)
                        + held_out_variance * held_out_variance / (held_out_customers - 1)
                    )
        end as degrees_of_freedom
    from compared_groups

),

estimated_intervals as (

    select
        *,
        case
            when measure <> 'revenue'
                then
                    difference - sqrt(
                        power(treated_mean - treated_low, 2)
                        + power(held_out_high - held_out_mean, 2)
                    )
            when degrees_of_freedom >= 3
                then
                    difference - {{ student_quantile("degrees_of_freedom") | indent(20) }}
                    * sqrt(variance_of_difference)
        end as interval_low,
        case
            when measure <> 'revenue'
                then
                    difference + sqrt(
                        power(treated_high - treated_mean, 2)
                        + power(held_out_mean - held_out_low, 2)
                    )
            when degrees_of_freedom >= 3
                then
                    difference + {{ student_quantile("degrees_of_freedom") | indent(20) }}
                    * sqrt(variance_of_difference)
        end as interval_high
    from bounded_groups

),

named_verdicts as (

    select
        *,
        case
            when expected_in_holdout = 0 then 'nobody is held out'
            when expected_in_holdout >= assigned_customers then 'everybody is held out'
            when sample_ratio_p_value is null then 'too few to tell'
            when sample_ratio_p_value < 0.001 then 'not as planned'
            when sample_ratio_p_value is not null then 'as planned'
        end as sample_ratio_verdict
    from estimated_intervals

)

select
    cast(audience as varchar) as audience,
    cast(measure as varchar) as measure,
    cast(segmentation as varchar) as segmentation,
    cast(segment_slug as varchar) as segment_slug,
    cast(first_assigned_on as date) as first_assigned_on,
    cast(last_assigned_on as date) as last_assigned_on,
    cast(treated_customers as bigint) as treated_customers,
    cast(held_out_customers as bigint) as held_out_customers,
    cast(treated_mean as double) as treated_mean,
    cast(held_out_mean as double) as held_out_mean,
    cast(difference as double) as difference,
    cast(interval_low as double) as interval_low,
    cast(interval_high as double) as interval_high,
    cast(
        case
            when interval_low is null then null
            when sample_ratio_verdict = 'not as planned' then 'groups are not as planned'
            when interval_low > 0 then 'higher'
            when interval_high < 0 then 'lower'
            else 'no difference shown'
        end as varchar
    ) as finding,
    cast(difference * treated_customers as double) as total_effect,
    cast(assigned_customers as bigint) as assigned_customers,
    cast(assigned_to_holdout as bigint) as assigned_to_holdout,
    cast(expected_in_holdout as double) as expected_in_holdout,
    cast(sample_ratio_p_value as double) as sample_ratio_p_value,
    cast(sample_ratio_verdict as varchar) as sample_ratio_verdict,
    {{ as_of() }} as as_of
from named_verdicts
order by
    audience,
    measure
