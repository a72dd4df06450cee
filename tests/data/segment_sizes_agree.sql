-- Broken: dim_segments counts other customers than fct_customer_segments lists.
with

listed as (

    select
        segmentation,
        segment_slug,
        count(*) as customers
    from {{ ref("fct_customer_segments") }}
    group by
        segmentation,
        segment_slug

)

select
    dim_segments.segmentation,
    dim_segments.segment_slug,
    dim_segments.customers,
    listed.customers as listed_customers
from {{ ref("dim_segments") }} as dim_segments
full outer join listed
    on
        dim_segments.segmentation = listed.segmentation
        and dim_segments.segment_slug = listed.segment_slug
where
    dim_segments.segment_slug is null
    or dim_segments.customers <> coalesce(listed.customers, 0)
