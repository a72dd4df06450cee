with

classifiers as (

    {{ current_classifiers() }}

),

unnested_metrics as (

    select
        classifiers.model_version,
        judged.candidate,
        judged.validation,
        judged.metric,
        judged.segment,
        judged.mean,
        judged.standard_deviation,
        judged.standard_error,
        judged.folds
    from classifiers
    cross join {{ unnest_rows("classifiers.classifier_metrics", "judged") }}

),

unnested_selection as (

    select
        classifiers.model_version,
        coalesce(classifiers.criterion, 'macro_f1') as criterion,
        classifiers.needed_score,
        candidate.candidate,
        candidate.simplicity,
        candidate.setting,
        candidate.needed_macro_f1,
        candidate.is_as_good,
        candidate.is_winner,
        candidate.leak_flag
    from classifiers
    cross join {{ unnest_rows("classifiers.selection", "candidate") }}

)

select
    cast(unnested_metrics.model_version as varchar) as model_version,
    cast(unnested_metrics.candidate as varchar) as candidate,
    cast(unnested_metrics.validation as varchar) as validation,
    cast(unnested_metrics.metric as varchar) as metric,
    cast(unnested_metrics.segment as varchar) as segment,
    cast(unnested_metrics.mean as double) as mean,
    cast(unnested_metrics.standard_deviation as double) as standard_deviation,
    cast(unnested_metrics.standard_error as double) as standard_error,
    cast(unnested_metrics.folds as integer) as folds,
    cast(unnested_selection.simplicity as integer) as simplicity,
    cast(unnested_selection.setting as varchar) as setting,
    cast(unnested_selection.criterion as varchar) as criterion,
    cast(unnested_selection.needed_score as double) as needed_score,
    cast(unnested_selection.needed_macro_f1 as double) as needed_macro_f1,
    coalesce(unnested_selection.is_as_good, false) as is_as_good,
    coalesce(unnested_selection.is_winner, false) as is_winner,
    cast(unnested_selection.leak_flag as varchar) as leak_flag
from unnested_metrics
left join unnested_selection
    on
        unnested_metrics.model_version = unnested_selection.model_version
        and unnested_metrics.candidate = unnested_selection.candidate
order by
    candidate,
    validation,
    metric,
    segment
