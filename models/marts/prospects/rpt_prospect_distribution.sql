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
        forecast.horizon_days,
        forecast.interval_low,
        forecast.interval_high,
        forecast.nominal_coverage,
        forecast.backtest_cohorts,
        forecast.backtest_coverage,
        forecast.no_interval_because,
        forecast.mean_yearly_revenue,
        forecast.expected_sales,
        forecast.lower_sales,
        forecast.upper_sales,
        forecast.sales_so_far,
        forecast.sales_factor,
        forecast.sales_backtest_ratio,
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
    cast(horizon_days as integer) as horizon_days,
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
    cast(interval_low as double) as interval_low,
    cast(interval_high as double) as interval_high,
    cast(nominal_coverage as double) as nominal_coverage,
    cast(backtest_cohorts as integer) as backtest_cohorts,
    cast(backtest_coverage as double) as backtest_coverage,
    cast(no_interval_because as varchar) as no_interval_because,
    cast(mean_yearly_revenue as double) as mean_yearly_revenue,
    cast(expected_sales as double) as expected_sales,
    cast(lower_sales as double) as lower_sales,
    cast(upper_sales as double) as upper_sales,
    cast(sales_so_far as double) as sales_so_far,
    cast(sales_factor as double) as sales_factor,
    cast(sales_backtest_ratio as double) as sales_backtest_ratio,
    cast(model_version as varchar) as model_version,
    {{ as_of() }} as as_of
from ranked_segments
order by segment_slug
