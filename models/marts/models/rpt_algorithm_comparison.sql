with

models as (

    {{ current_models() }}

),

unnested_comparisons as (

    select
        models.segmentation,
        models.model_version,
        models.algorithm as chosen_algorithm,
        judged.algorithm,
        judged.family,
        judged.segments,
        judged.silhouette,
        judged.calinski_harabasz,
        judged.davies_bouldin,
        judged.stability_mean,
        judged.stability_p10,
        judged.noise_share,
        judged.scoring_agreement,
        judged.seconds,
        judged.scoring_rule,
        judged.noise_rule
    from models
    cross join {{ unnest_rows("models.comparison", "judged") }}

)

select
    cast(segmentation as varchar) as segmentation,
    cast(model_version as varchar) as model_version,
    cast(algorithm as varchar) as algorithm,
    cast(family as varchar) as algorithm_family,
    cast(segments as integer) as segments,
    cast(silhouette as double) as silhouette,
    cast(calinski_harabasz as double) as calinski_harabasz,
    cast(davies_bouldin as double) as davies_bouldin,
    cast(stability_mean as double) as stability_mean,
    cast(stability_p10 as double) as stability_p10,
    cast(noise_share as double) as noise_share,
    cast(scoring_agreement as double) as scoring_agreement,
    cast(seconds as double) as seconds,
    cast(scoring_rule as varchar) as scoring_rule,
    cast(noise_rule as varchar) as noise_rule,
    algorithm = chosen_algorithm as is_chosen
from unnested_comparisons
order by
    segmentation,
    algorithm
