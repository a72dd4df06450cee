with

current_models as (

    select
        segmentation,
        model_version
    from {{ ref("current_models") }}
    where is_of_this_build

),

champion_segments as (

    select
        segmentation,
        customer_id,
        segment_slug,
        segment_name
    from {{ ref("all_assignments") }}
    where segment_id is not null

),

{% for segmentation in clusterings() %}
    {{ segmentation }}_challengers as (

        select
            '{{ segmentation }}' as segmentation,
            customer_id,
            segment_slug,
            segment_name,
            model_version
        from {{ ref(segmentation ~ "_challenger_assignments") }}

    ),
{% endfor %}
activity as (

    select
        customer_id,
        revenue
    from {{ ref("int_customer_activity") }}

),

refunds_without_purchase as (

    select
        customer_id,
        revenue
    from {{ ref("int_refunds_without_purchase") }}

),

unioned_challengers as (

    {% for segmentation in clusterings() %}
        select * from {{ segmentation }}_challengers
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

unioned_activity as (

    select * from activity
    union all
    select * from refunds_without_purchase

),

summed_activity as (

    select
        customer_id,
        sum(revenue) as revenue
    from unioned_activity
    group by customer_id

),

counted_pairs as (

    select
        challengers.segmentation,
        challengers.model_version as challenger_version,
        champions.segment_slug as champion_slug,
        champions.segment_name as champion_name,
        challengers.segment_slug as challenger_slug,
        challengers.segment_name as challenger_name,
        count(*) as customers,
        coalesce(sum(summed_activity.revenue), 0) as revenue
    from unioned_challengers as challengers
    inner join champion_segments as champions
        on
            challengers.segmentation = champions.segmentation
            and challengers.customer_id = champions.customer_id
    left join summed_activity
        on challengers.customer_id = summed_activity.customer_id
    group by
        challengers.segmentation,
        challengers.model_version,
        champions.segment_slug,
        champions.segment_name,
        challengers.segment_slug,
        challengers.segment_name

),

summed_pairs as (

    select
        *,
        sum(customers) over (partition by segmentation) as all_customers,
        sum(customers) over (partition by segmentation, champion_slug) as champion_customers,
        sum(customers) over (partition by segmentation, challenger_slug) as challenger_customers,
        sum(case when champion_slug = challenger_slug then customers else 0 end)
            over (partition by segmentation) as kept_customers
    from counted_pairs

),

-- Pairs of customers who are together by one model, by the other, by both: whole numbers, so that
-- their sums are exact. A segment's pairs are spread over its rows.
counted_couples as (

    select
        segmentation,
        cast(max(all_customers) as double) * (max(all_customers) - 1) / 2 as all_couples,
        cast(sum(customers * (customers - 1)) as double) / 2 as couples_in_both,
        cast(sum(customers * (champion_customers - 1)) as double) / 2 as couples_in_champion,
        cast(sum(customers * (challenger_customers - 1)) as double) / 2 as couples_in_challenger
    from summed_pairs
    group by segmentation

),

-- Hubert and Arabie (1985). One segment in both is the same clustering.
measured_agreement as (

    select
        segmentation,
        case
            when (couples_in_champion + couples_in_challenger) / 2 * all_couples
                = couples_in_champion * couples_in_challenger then 1.0
            else
                (couples_in_both * all_couples - couples_in_champion * couples_in_challenger)
                / (
                    (couples_in_champion + couples_in_challenger) / 2 * all_couples
                    - couples_in_champion * couples_in_challenger
                )
        end as adjusted_rand_index
    from counted_couples

)

select
    cast(summed_pairs.segmentation as varchar) as segmentation,
    cast(current_models.model_version as varchar) as champion_version,
    cast(summed_pairs.challenger_version as varchar) as challenger_version,
    cast(summed_pairs.champion_slug as varchar) as champion_slug,
    cast(summed_pairs.champion_name as varchar) as champion_name,
    cast(summed_pairs.challenger_slug as varchar) as challenger_slug,
    cast(summed_pairs.challenger_name as varchar) as challenger_name,
    summed_pairs.champion_slug <> summed_pairs.challenger_slug as would_move,
    cast(summed_pairs.customers as bigint) as customers,
    cast(
        summed_pairs.customers / cast(summed_pairs.all_customers as double) as double
    ) as share,
    cast(summed_pairs.revenue as decimal(38, 2)) as revenue,
    cast(
        summed_pairs.kept_customers / cast(summed_pairs.all_customers as double) as double
    ) as kept_share,
    cast(measured_agreement.adjusted_rand_index as double) as adjusted_rand_index
from summed_pairs
inner join measured_agreement
    on summed_pairs.segmentation = measured_agreement.segmentation
left join current_models
    on summed_pairs.segmentation = current_models.segmentation
order by
    segmentation asc,
    customers desc,
    champion_slug asc,
    challenger_slug asc
