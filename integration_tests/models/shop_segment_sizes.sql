select
    segmentation,
    segment_slug,
    count(*) as customers
from {{ ref("segmentation", "fct_customer_segments") }}
group by all
