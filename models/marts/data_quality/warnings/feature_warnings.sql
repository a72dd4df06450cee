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

provided_features as (

    select listed_features.*
    from listed_features
    left join features_without_values
        on
            listed_features.segmentation = features_without_values.segmentation
            and listed_features.feature = features_without_values.feature
    where features_without_values.feature is null

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

dropped_features as (

    select
        3 as topic_rank,
        'dropped features' as topic,
        segmentation as subject,
        sum(features) as affected,
        concat(
            'The model of ',
            segmentation,
            ' was fitted without ',
            {{ dbt.listagg("reason_group", "', '", "order by reason_group") }},
            '.'
        ) as message,
        concat(
            'Bring these columns, or name the features without them: ',
            segmentation,
            '_options: {features: [...]}.'
        ) as what_to_do
    from dropped_together
    group by segmentation

)

select
    topic_rank,
    topic,
    subject,
    affected,
    message,
    what_to_do
from dropped_features
