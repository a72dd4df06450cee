with

models as (

    select
        segmentation,
        model_version,
        evidence
    from {{ ref("every_model") }}
    where is_of_this_build

),

unnested_evidence as (

    select
        models.segmentation,
        models.model_version,
        feature_evidence.name,
        feature_evidence.anova_f,
        feature_evidence.mutual_information,
        feature_evidence.silhouette,
        feature_evidence.silhouette_without
    from models
    cross join {{ unnest_rows("models.evidence", "feature_evidence") }}

)

select
    cast(segmentation as varchar) as segmentation,
    cast(model_version as varchar) as model_version,
    cast(name as varchar) as feature,
    cast(anova_f as double) as anova_f,
    cast(mutual_information as double) as mutual_information,
    cast(silhouette as double) as silhouette,
    cast(silhouette_without as double) as silhouette_without,
    cast(
        row_number() over (
            partition by segmentation order by mutual_information desc, name asc
        ) as integer
    ) as importance_rank
from unnested_evidence
order by
    segmentation,
    importance_rank
