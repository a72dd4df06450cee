with

grouped_customers as (

    select *
    from {{ ref("segment_outcome_groups") }}

),

averaged_groups as (

    select
        segmentation,
        observed_on,
        grouped_by,
        group_key,
        max(learned_on) as learned_on,
        cast(count(*) as double) as customers,
        cast(sum(scaled_spend_before) as double) / count(*) as mean_spend_before,
        cast(count(case when has_bought_before then 1 end) as double) / count(*)
            as share_bought_before,
        cast(sum(scaled_spend_after) as double) as spend_after,
        cast(count(case when has_bought_after then 1 end) as double) as buyers_after
    from grouped_customers
    group by
        segmentation,
        observed_on,
        grouped_by,
        group_key

),

-- A group without customers on the day that is learned from takes the mean of that day.
averaged_days as (

    select
        segmentation,
        observed_on,
        cast(sum(scaled_spend_after) as double) / count(*) as mean_spend_after,
        cast(count(case when has_bought_after then 1 end) as double) / count(*)
            as share_bought_after
    from grouped_customers
    where grouped_by = 'segments'
    group by
        segmentation,
        observed_on

),

-- The figures that rank the groups of a day are older than its outcome. Where customers are not
-- grouped, their own spend before ranks them, by spend and by the chance of a purchase.
scored_groups as (

    select
        present.segmentation,
        present.observed_on,
        present.grouped_by,
        present.group_key,
        case
            when present.grouped_by = 'spend before' or present.learned_on is null
                then present.mean_spend_before
            else coalesce(earlier.spend_after / earlier.customers, earlier_day.mean_spend_after)
        end as spend_score,
        case
            when present.grouped_by = 'spend before' then present.mean_spend_before
            when present.learned_on is null then present.share_bought_before
            else coalesce(earlier.buyers_after / earlier.customers, earlier_day.share_bought_after)
        end as purchase_score
    from averaged_groups as present
    left join averaged_groups as earlier
        on
            present.segmentation = earlier.segmentation
            and present.learned_on = earlier.observed_on
            and present.grouped_by = earlier.grouped_by
            and present.group_key = earlier.group_key
    left join averaged_days as earlier_day
        on
            present.segmentation = earlier_day.segmentation
            and present.learned_on = earlier_day.observed_on

),

ordered_customers as (

    select
        customers.*,
        scored_groups.spend_score,
        scored_groups.purchase_score
    from grouped_customers as customers
    inner join scored_groups
        on
            customers.segmentation = scored_groups.segmentation
            and customers.observed_on = scored_groups.observed_on
            and customers.grouped_by = scored_groups.grouped_by
            and customers.group_key = scored_groups.group_key

),

ranked_customers as (

    select
        *,
        {% for column in ["spend_score", "scaled_spend_after", "purchase_score"] %}
            rank() over (
                partition by segmentation, observed_on, grouped_by order by {{ column }} asc
            ) as {{ column }}_rank,
            count(*) over (
                partition by segmentation, observed_on, grouped_by, {{ column }}
            ) as {{ column }}_ties,
        {% endfor %}
        count(*) over (partition by segmentation, observed_on, grouped_by) as customers
    from ordered_customers

),

-- Ranks times two, where ties share their mean rank: whole numbers. A correlation takes them less
-- their mean.
centred_ranks as (

    select
        segmentation,
        observed_on,
        grouped_by,
        learned_on,
        scaled_spend_after,
        has_bought_after,
        2 * spend_score_rank + spend_score_ties - 2 - customers as score_deviation,
        2 * scaled_spend_after_rank + scaled_spend_after_ties - 2 - customers as spend_deviation,
        2 * purchase_score_rank + purchase_score_ties - 1 as purchase_rank
    from ranked_customers

),

summed_groups as (

    select
        segmentation,
        observed_on,
        grouped_by,
        cast(count(*) as double) as group_count,
        cast(
            sum(cast(spend_after * spend_after / customers as decimal(38, 6))) as double
        ) as explained_squares
    from averaged_groups
    group by
        segmentation,
        observed_on,
        grouped_by

),

summed_customers as (

    select
        segmentation,
        observed_on,
        grouped_by,
        max(learned_on) as learned_on,
        cast(count(*) as double) as customers,
        cast(count(case when has_bought_after then 1 end) as double) as buyers,
        cast(sum(scaled_spend_after) as double) as spend,
        cast(
            sum(cast(scaled_spend_after as decimal(18, 0)) * scaled_spend_after) as double
        ) as squares,
        cast(sum(score_deviation * score_deviation) as double) as score_rank_squares,
        cast(sum(spend_deviation * spend_deviation) as double) as spend_rank_squares,
        cast(sum(score_deviation * spend_deviation) as double) as rank_products,
        cast(sum(case when has_bought_after then purchase_rank else 0 end) as double) / 2
            as buyer_ranks
    from centred_ranks
    group by
        segmentation,
        observed_on,
        grouped_by

),

judged_groupings as (

    select
        summed.segmentation,
        summed.observed_on,
        summed.grouped_by,
        case when summed.grouped_by <> 'spend before' then summed.learned_on end as learned_on,
        summed.customers,
        summed.buyers,
        summed_groups.group_count,
        -- The share that is explained, less what as many groups would explain by chance.
        case
            when
                summed.grouped_by <> 'spend before'
                and summed.customers > summed_groups.group_count
                then
                    1
                    - (summed.squares - summed_groups.explained_squares)
                    / (summed.customers - summed_groups.group_count)
                    / nullif(
                        (summed.squares - summed.spend * summed.spend / summed.customers)
                        / (summed.customers - 1),
                        0
                    )
        end as variance_explained,
        summed.rank_products
        / nullif(sqrt(summed.score_rank_squares * summed.spend_rank_squares), 0)
            as rank_correlation,
        (summed.buyer_ranks - summed.buyers * (summed.buyers + 1) / 2)
        / nullif(summed.buyers * (summed.customers - summed.buyers), 0) as auc
    from summed_customers as summed
    inner join summed_groups
        on
            summed.segmentation = summed_groups.segmentation
            and summed.observed_on = summed_groups.observed_on
            and summed.grouped_by = summed_groups.grouped_by

),

-- The back-test forecasts the customers with a purchase up to that day. It knows no later one.
value_forecasts as (

    select
        'value' as segmentation,
        forecast_on as observed_on,
        'lifetime value' as grouped_by,
        cast(null as date) as learned_on,
        cast(customers as double) as customers,
        cast(null as double) as buyers,
        cast(null as double) as group_count,
        cast(null as double) as variance_explained,
        rank_correlation,
        auc
    from {{ ref("rpt_value_forecast_accuracy") }}
    where
        measure = 'revenue'
        and grouped_by = 'all'
        and is_in_use

),

unioned_groupings as (

    select *
    from judged_groupings

    union all

    select value_forecasts.*
    from value_forecasts
    inner join judged_groupings as segments
        on
            value_forecasts.segmentation = segments.segmentation
            and value_forecasts.observed_on = segments.observed_on
            and segments.grouped_by = 'segments'

),

-- The interval uses Fisher's transformation, with the variance that Bonett and Wright (2000) give
-- for ranks.
bounded_groupings as (

    select
        *,
        case
            when customers > 3 and abs(rank_correlation) < 1
                then ln((1 + rank_correlation) / (1 - rank_correlation)) / 2
        end as transformed,
        case
            when customers > 3
                then
                    {{ normal_quantile(90) }}
                    * sqrt((1 + rank_correlation * rank_correlation / 2) / (customers - 3))
        end as half_width
    from unioned_groupings

)

select
    cast(segmentation as varchar) as segmentation,
    cast(observed_on as date) as observed_on,
    cast(grouped_by as varchar) as grouped_by,
    cast(case when grouped_by <> 'spend before' then group_count end as bigint)
        as groups_of_customers,
    cast(learned_on as date) as learned_on,
    cast(customers as bigint) as customers,
    cast(1 - buyers / customers as double) as share_without_purchase,
    -- To nine digits: a difference of large numbers.
    cast(round(variance_explained, 9) as double) as variance_explained,
    cast(rank_correlation as double) as rank_correlation,
    cast(tanh(transformed - half_width) as double) as rank_correlation_low,
    cast(tanh(transformed + half_width) as double) as rank_correlation_high,
    cast(auc as double) as auc,
    {{ as_of() }} as as_of
from bounded_groupings
order by
    segmentation,
    observed_on,
    grouped_by
