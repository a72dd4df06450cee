with

forecast as (

    select *
    from {{ ref("prospects_forecast") }}

),

segments as (

    select
        segment_id,
        segment_slug,
        segment_name
    from {{ ref("all_segments") }}
    where segmentation = 'prospects'

),

-- Of equally large ones, by slug.
ranked_segments as (

    select
        segments.segment_slug,
        segments.segment_name,
        forecast.most_likely_customers,
        forecast.expected_customers,
        forecast.expected_share,
        forecast.lower_customers,
        forecast.upper_customers,
        forecast.mean_yearly_revenue,
        forecast.expected_sales,
        forecast.lower_sales,
        forecast.upper_sales,
        forecast.level,
        forecast.model_version,
        sum(forecast.most_likely_customers) over () as prospects,
        row_number() over (
            order by forecast.most_likely_customers desc, segments.segment_slug asc
        ) as most_likely_rank,
        row_number() over (
            order by forecast.expected_customers desc, segments.segment_slug asc
        ) as expected_rank
    from forecast
    inner join segments
        on forecast.segment_id = segments.segment_id

)

select
    cast(segment_slug as varchar) as segment_slug,
    cast(segment_name as varchar) as segment_name,
    cast(prospects as bigint) as prospects,
    cast(most_likely_customers as bigint) as most_likely_customers,
    case
        when prospects > 0
            then cast(most_likely_customers as double) / cast(prospects as double)
    end as most_likely_share,
    cast(most_likely_rank as integer) as most_likely_rank,
    cast(expected_customers as double) as expected_customers,
    cast(expected_share as double) as expected_share,
    cast(expected_rank as integer) as expected_rank,
    cast(lower_customers as double) as lower_customers,
    cast(upper_customers as double) as upper_customers,
    cast(mean_yearly_revenue as double) as mean_yearly_revenue,
    cast(expected_sales as double) as expected_sales,
    cast(lower_sales as double) as lower_sales,
    cast(upper_sales as double) as upper_sales,
    cast(level as double) as interval_level,
    cast(model_version as varchar) as model_version
from ranked_segments
order by segment_slug
