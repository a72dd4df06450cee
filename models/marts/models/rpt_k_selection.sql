with

models as (

    {{ current_models() }}

),

unnested_scans as (

    select
        models.segmentation,
        models.model_version,
        models.k as chosen_k,
        models.k_by_rule,
        models.structure,
        scan.k,
        scan.inertia,
        scan.silhouette,
        scan.silhouette_standard_error,
        scan.calinski_harabasz,
        scan.davies_bouldin,
        scan.stability_mean,
        scan.stability_p10,
        scan.is_knee,
        coalesce(scan.k = models.knee_of_shorter_scan, false) as is_knee_of_shorter_scan
    from models
    cross join {{ unnest_rows("models.k_scan", "scan") }}

),

unnested_comparisons as (

    select
        models.segmentation,
        beside_null.k,
        beside_null.silhouette - beside_null.silhouette_null_mean as silhouette_over_null,
        beside_null.silhouette_null_mean,
        beside_null.silhouette_null_deviation,
        beside_null.gap,
        beside_null.gap_standard_error,
        beside_null.bic
    from models
    cross join {{ unnest_rows("models.null_comparisons", "beside_null") }}

),

-- Models of earlier versions were compared with nothing.
compared_scans as (

    select
        unnested_scans.*,
        unnested_comparisons.silhouette_over_null,
        unnested_comparisons.silhouette_null_mean,
        unnested_comparisons.silhouette_null_deviation,
        unnested_comparisons.gap,
        unnested_comparisons.gap_standard_error,
        unnested_comparisons.bic
    from unnested_scans
    left join unnested_comparisons
        on
            unnested_scans.segmentation = unnested_comparisons.segmentation
            and unnested_scans.k = unnested_comparisons.k

),

-- Of equals, the smaller k.
ranked_criteria as (

    select
        *,
        row_number() over (
            partition by segmentation order by silhouette desc, k asc
        ) as silhouette_rank,
        row_number() over (
            partition by segmentation order by calinski_harabasz desc, k asc
        ) as calinski_harabasz_rank,
        row_number() over (
            partition by segmentation order by davies_bouldin asc, k asc
        ) as davies_bouldin_rank,
        row_number() over (
            partition by segmentation order by stability_p10 desc, k asc
        ) as stability_rank
    from compared_scans

),

counted_votes as (

    select
        *,
        case when is_knee then 1 else 0 end
        + case when silhouette_rank = 1 then 1 else 0 end
        + case when calinski_harabasz_rank = 1 then 1 else 0 end
        + case when davies_bouldin_rank = 1 then 1 else 0 end
        + case when stability_rank = 1 then 1 else 0 end as votes
    from ranked_criteria

),

compared_votes as (

    select
        *,
        count(case when votes > 0 or is_knee_of_shorter_scan then 1 end)
            over (partition by segmentation)
            as ks_with_votes
    from counted_votes

)

select
    cast(segmentation as varchar) as segmentation,
    cast(model_version as varchar) as model_version,
    cast(k as integer) as k,
    cast(inertia as double) as inertia,
    cast(silhouette as double) as silhouette,
    cast(silhouette_standard_error as double) as silhouette_standard_error,
    cast(calinski_harabasz as double) as calinski_harabasz,
    cast(davies_bouldin as double) as davies_bouldin,
    cast(stability_mean as double) as stability_mean,
    cast(stability_p10 as double) as stability_p10,
    cast(silhouette_over_null as double) as silhouette_over_null,
    cast(silhouette_null_mean as double) as silhouette_null_mean,
    cast(silhouette_null_deviation as double) as silhouette_null_deviation,
    cast(gap as double) as gap,
    cast(gap_standard_error as double) as gap_standard_error,
    cast(bic as double) as bic,
    cast(is_knee as boolean) as is_knee,
    cast(is_knee_of_shorter_scan as boolean) as is_knee_of_shorter_scan,
    silhouette_rank = 1 as is_best_silhouette,
    calinski_harabasz_rank = 1 as is_best_calinski_harabasz,
    davies_bouldin_rank = 1 as is_best_davies_bouldin,
    stability_rank = 1 as is_most_stable,
    cast(votes as integer) as votes,
    k = k_by_rule as is_by_auto_rule,
    k = chosen_k as is_chosen,
    ks_with_votes > 1 as criteria_disagree,
    cast(structure as varchar) as structure
from compared_votes
order by
    segmentation,
    k
