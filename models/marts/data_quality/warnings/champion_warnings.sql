{{ config(materialized="ephemeral", contract={"enforced": false}) }}

with

current_models as (

    select
        segmentation,
        dataset,
        variant,
        model_version,
        chosen_by,
        newest_version
    from {{ ref("current_models") }}
    where
        is_of_this_build
        and has_later_fits

),

models as (

    select
        segmentation,
        dataset,
        variant,
        model_version,
        became,
        as_of,
        fit_reason
    from {{ ref("all_models") }}

),

failed_gates as (

    select
        segmentation,
        dataset,
        variant,
        model_version,
        {{ dbt.listagg(
            "concat(gate, ' ', cast(round(gate_value, 3) as varchar), ' below ', "
            ~ "cast(round(least_value, 3) as varchar))",
            "', '",
            "order by gate",
        ) }} as gates_in_words
    from {{ ref("rpt_model_gates") }}
    where not is_passed
    group by
        segmentation,
        dataset,
        variant,
        model_version

),

customers_who_would_move as (

    select
        segmentation,
        sum(customers) as customers
    from {{ ref("rpt_challenger_comparison") }}
    where would_move
    group by segmentation

),

last_fits as (

    select
        current_models.segmentation,
        current_models.model_version,
        current_models.chosen_by,
        current_models.newest_version,
        models.became,
        models.as_of,
        models.fit_reason,
        coalesce(failed_gates.gates_in_words, 'none that is stored') as gates_in_words,
        coalesce(customers_who_would_move.customers, 0) as customers,
        current_models.segmentation in {{ in_texts(clusterings()) }} as is_clustering
    from current_models
    inner join models
        on
            current_models.segmentation = models.segmentation
            and current_models.dataset = models.dataset
            and current_models.variant = models.variant
            and current_models.newest_version = models.model_version
    left join failed_gates
        on
            models.segmentation = failed_gates.segmentation
            and models.dataset = failed_gates.dataset
            and models.variant = failed_gates.variant
            and models.model_version = failed_gates.model_version
    left join customers_who_would_move
        on current_models.segmentation = customers_who_would_move.segmentation

),

-- Only customers of a clustering are counted by what its last fit would say of them.
worded_fits as (

    select
        *,
        case
            when is_clustering
                then
                    concat(
                        ' With it, ',
                        {{ with_commas("customers") }},
                        ' customers would be in another segment.'
                    )
            else ''
        end as who_would_move
    from last_fits

),

waiting_challengers as (

    select
        10 as topic_rank,
        'challenger' as topic,
        segmentation as subject,
        customers as affected,
        concat(
            newest_version,
            ', fitted as of ',
            cast(as_of as varchar),
            ' because ',
            fit_reason,
            ', failed gates (',
            gates_in_words,
            ') and waits; ',
            model_version,
            ' stays in force.',
            who_would_move
        ) as message,
        concat(
            'See ',
            case when is_clustering then 'rpt_challenger_comparison' else 'rpt_model_gates' end,
            '. To put it in force: segmentation promote ',
            newest_version,
            ' --reason "..."; docs/models.md has the other options.'
        ) as what_to_do
    from worded_fits
    where
        became = 'challenger'
        and chosen_by <> 'pinned'

),

pins_that_keep_out_a_fit as (

    select
        11 as topic_rank,
        'pinned model' as topic,
        segmentation as subject,
        customers as affected,
        concat(
            model_version,
            ' is pinned and keeps out ',
            newest_version,
            ', fitted as of ',
            cast(as_of as varchar),
            ' because ',
            fit_reason,
            case
                when became = 'challenger'
                    then concat(', which failed gates too (', gates_in_words, ')')
                else ''
            end,
            '.',
            who_would_move
        ) as message,
        'If the pin has served its purpose, remove its row from seeds/model_promotions.csv.'
            as what_to_do
    from worded_fits
    where chosen_by = 'pinned'

)

select
    topic_rank,
    topic,
    subject,
    affected,
    message,
    what_to_do
from waiting_challengers

union all

select
    topic_rank,
    topic,
    subject,
    affected,
    message,
    what_to_do
from pins_that_keep_out_a_fit
