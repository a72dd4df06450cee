{{ config(materialized="ephemeral", contract={"enforced": false}) }}

with

models as (

    {{ current_models() }}

),

-- Features that the configuration names and the fit could not use.
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
    from listed_features
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
