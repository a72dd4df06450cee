{{ config(materialized="ephemeral", contract={"enforced": false}) }}

{#- Default features that a data set need not have. -#}
{%- set attributes = [
    "age", "income", "household_size", "children", "work_experience_years", "gender",
    "marital_status", "education", "profession", "residence_type", "home_ownership",
    "spending_level", "other_category",
] -%}
{%- set optional_features = {
    "profile": attributes + ["annual_spend"],
    "prospects": attributes + ["early_items", "early_discount"],
} %}

with

models as (

    {{ current_models() }}

),

profile_features as (

    select *
    from {{ ref("int_profile_features") }}

),

prospects_features as (

    select *
    from {{ ref("int_prospect_features") }}

),

-- Features that the configuration names, the data have and the fit could not use.
split_features as (

    select
        segmentation,
        {{ split_text("features_dropped", "; ") }} as features
    from models
    where features_dropped <> ''

),

listed_features as (

    select
        split_features.segmentation,
        {{ dbt.split_part("dropped", "': '", 1) }} as feature,
        {{ dbt.split_part("dropped", "': '", 2) }} as dropped_because
    from split_features
    cross join {{ unnest_rows("split_features.features", "dropped") }}

),

-- What the data have nothing of was no feature to begin with. A further column was asked for by its
-- name: it is named whatever the data have of it.
features_without_values as (

    {% for segmentation, features in optional_features.items() -%}
        {%- for feature in features -%}
            select
                '{{ segmentation }}' as segmentation,
                '{{ feature }}' as feature
            from {{ segmentation }}_features
            having count({{ feature }}) = 0
            union all
        {% endfor -%}
    {%- endfor %}
    select
        cast(null as varchar) as segmentation,
        cast(null as varchar) as feature
    where 1 = 0

),

labels as (

    select count(case when target_source = 'known segment' then 1 end) as labelled_customers
    from prospects_features

),

-- What can be done about a feature. With known segments, the days after a first purchase are not
-- looked at. How long somebody has been a customer is counted from the first purchase.
provided_features as (

    select
        listed_features.segmentation,
        listed_features.feature,
        listed_features.dropped_because,
        case listed_features.feature
            when 'length_days' then 'first_purchase_on'
            else listed_features.feature
        end as column_to_bring,
        case
            when
                listed_features.segmentation = 'prospects'
                and listed_features.feature like 'early_%'
                and labels.labelled_customers > 0
                then 3
            when listed_features.dropped_because = 'no value in any labelled row' then 2
            when listed_features.dropped_because = 'no customer has a value' then 1
        end as advice_rank
    from listed_features
    cross join labels
    left join features_without_values
        on
            listed_features.segmentation = features_without_values.segmentation
            and listed_features.feature = features_without_values.feature
    where features_without_values.feature is null

),

advice_on_features as (

    select
        segmentation,
        advice_rank,
        case advice_rank
            when 3 then ' First days are looked at only where no segments are known.'
            else concat(
                    ' Or bring values of ',
                    {{ dbt.listagg("column_to_bring", "', '", "order by column_to_bring") }},
                    case advice_rank
                        when 2 then ' for the customers that the model learns from.'
                        else '.'
                    end
                )
        end as advice
    from provided_features
    where advice_rank is not null
    group by
        segmentation,
        advice_rank

),

advice_together as (

    select
        segmentation,
        {{ dbt.listagg("advice", "''", "order by advice_rank") }} as advice
    from advice_on_features
    group by segmentation

),

dropped_together as (

    select
        segmentation,
        count(*) as features,
        concat(
            {{ dbt.listagg("feature", "', '", "order by feature") }},
            ' (',
            dropped_because,
            ')'
        ) as reason_group
    from provided_features
    group by
        segmentation,
        dropped_because

),

dropped_by_model as (

    select
        segmentation,
        sum(features) as features,
        {{ dbt.listagg("reason_group", "', '", "order by reason_group") }} as reason_groups
    from dropped_together
    group by segmentation

),

dropped_features as (

    select
        3 as topic_rank,
        'dropped features' as topic,
        dropped_by_model.segmentation as subject,
        dropped_by_model.features as affected,
        concat(
            'The model of ',
            dropped_by_model.segmentation,
            ' was fitted without ',
            dropped_by_model.reason_groups,
            '.'
        ) as message,
        concat(
            'Name the features without them: ',
            dropped_by_model.segmentation,
            case dropped_by_model.segmentation
                when 'profile' then '_options: {features: [...], categorical_features: [...]}.'
                else '_options: {features: [...]}.'
            end,
            coalesce(advice_together.advice, '')
        ) as what_to_do
    from dropped_by_model
    left join advice_together
        on dropped_by_model.segmentation = advice_together.segmentation

)

select
    topic_rank,
    topic,
    subject,
    affected,
    message,
    what_to_do
from dropped_features
