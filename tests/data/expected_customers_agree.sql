-- Broken: the expected customers of a segment differ between dim_segments and
-- rpt_prospect_distribution, or do not sum up to all prospects.
with

listed as (

    select
        segment_slug,
        expected_customers
    from {{ ref("dim_segments") }}
    where
        segmentation = 'prospects'
        and segment_slug <> 'unassigned'

),

forecast as (

    select
        segment_slug,
        prospects,
        expected_customers
    from {{ ref("rpt_prospect_distribution") }}

),

compared as (

    select
        coalesce(listed.segment_slug, forecast.segment_slug) as segment_slug,
        listed.expected_customers as listed_customers,
        forecast.expected_customers,
        forecast.prospects,
        sum(forecast.expected_customers) over () as all_expected
    from listed
    full outer join forecast
        on listed.segment_slug = forecast.segment_slug

)

select *
from compared
where
    listed_customers is distinct from expected_customers
    or abs(all_expected - prospects) > 0.001
