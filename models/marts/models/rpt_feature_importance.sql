with

models as (

    {{ current_models() }}

),

classifiers as (

    {{ current_classifiers() }}

),

unnested_evidence as (

    select
        models.segmentation,
        models.model_version,
        feature_evidence.name as feature,
        feature_evidence.anova_f,
        feature_evidence.mutual_information,
        feature_evidence.silhouette,
        feature_evidence.silhouette_without,
        cast(null as double) as permutation_importance,
        cast(null as double) as permutation_importance_deviation
    from models
    cross join {{ unnest_rows("models.evidence", "feature_evidence") }}

    union all

    select
        classifiers.segmentation,
        classifiers.model_version,
        permuted.feature,
        cast(null as double) as anova_f,
        cast(null as double) as mutual_information,
        cast(null as double) as silhouette,
        cast(null as double) as silhouette_without,
        permuted.mean as permutation_importance,
        permuted.standard_deviation as permutation_importance_deviation
    from classifiers
    cross join {{ unnest_rows("classifiers.importance", "permuted") }}

)

select
    cast(segmentation as varchar) as segmentation,
    cast(model_version as varchar) as model_version,
    cast(feature as varchar) as feature,
    cast(anova_f as double) as anova_f,
    cast(mutual_information as double) as mutual_information,
    cast(silhouette as double) as silhouette,
    cast(silhouette_without as double) as silhouette_without,
    cast(permutation_importance as double) as permutation_importance,
    cast(permutation_importance_deviation as double) as permutation_importance_deviation,
    cast(
        row_number() over (
            partition by segmentation
            order by
                coalesce(permutation_importance, mutual_information) desc,
                feature asc
        ) as integer
    ) as importance_rank
from unnested_evidence
order by
    segmentation,
    importance_rank
