{{ config(materialized="ephemeral", contract={"enforced": false}) }}

with

drifted_figures as (

    select
        segmentation,
        fitted_as_of,
        expected_to_drift,
        case
            when subject_kind in ('missing values', 'unseen categories')
                then concat(subject_kind, ' of ', feature)
            when subject_kind = 'forecast error' then concat('total ', feature)
            else feature
        end as subject,
        index_in_words,
        moved_most,
        coalesce(psi, abs(forecast_error)) / nullif(threshold, 0) as times_threshold
    from {{ ref("rpt_drift") }}
    where is_alarm

),

-- What drifts by construction comes last.
ranked_figures as (

    select
        *,
        row_number() over (
            partition by segmentation
            order by expected_to_drift asc, times_threshold desc nulls first, subject asc
        ) as figure_rank
    from drifted_figures

),

described_figures as (

    select
        segmentation,
        fitted_as_of,
        expected_to_drift,
        figure_rank,
        concat(
            subject,
            case when expected_to_drift then ', as expected' else '' end,
            ' (',
            index_in_words,
            case when moved_most is null then '' else concat('; ', moved_most) end,
            ')'
        ) as figure_in_words
    from ranked_figures

),

drifted_segmentations as (

    select
        segmentation,
        max(fitted_as_of) as fitted_as_of,
        count(*) as figures,
        sum(case when expected_to_drift then 0 else 1 end) as unexpected_figures,
        {{ dbt.listagg(
            "case when figure_rank <= 3 then figure_in_words end", "', '", "order by figure_rank"
        ) }} as worst_figures
    from described_figures
    group by segmentation

)

select
    9 as topic_rank,
    'drift' as topic,
    segmentation as subject,
    figures as affected,
    concat(
        case
            when segmentation = 'lifetime_value'
                then
                    'The newest forecast of lifetime value was wrong by more than earlier errors'
                    || ' allow, by the model that was fitted as of '
            else
                concat('The customers of ', segmentation)
                || ' are not those that its model was fitted to as of '
        end,
        cast(fitted_as_of as varchar),
        '. ',
        cast(figures as varchar),
        case when figures = 1 then ' figure' else ' figures' end,
        ' drifted',
        case when figures > 3 then ', most of all ' else ': ' end,
        worst_figures,
        '.'
    ) as message,
    case
        when unexpected_figures = 0
            then
                'The drift is expected of features that count a whole history, or a window longer'
                || ' than the shop is old; docs/drift.md says which features to take instead.'
        when segmentation = 'lifetime_value'
            then
                'See rpt_value_forecast_accuracy. If a season or a campaign explains it, wait for'
                || ' the next quarter; if not, fit again (refit: true).'
        else
            'See rpt_drift. If the change is here to stay, fit again (refit: true); if not, look at'
            || ' the source.'
    end as what_to_do
from drifted_segmentations
