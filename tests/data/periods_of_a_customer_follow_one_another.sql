-- Broken: two periods of a customer overlap or leave a gap, one ends before it begins, is not
-- followed by another segment, or a customer has no current period or several.
with

neighbours as (

    select
        segmentation,
        customer_id,
        segment_slug,
        valid_from,
        valid_to,
        is_current,
        lead(valid_from) over customer_periods as next_from,
        lead(segment_slug) over customer_periods as next_slug
    from {{ ref("fct_customer_segment_history") }}
    window customer_periods as (
        partition by
            segmentation,
            customer_id
        order by valid_from asc
    )

)

select *
from neighbours
where
    valid_to <= valid_from
    or coalesce(valid_to, '9999-12-31') <> coalesce(next_from, '9999-12-31')
    or is_current <> (next_from is null)
    or (next_from is not null and coalesce(segment_slug, '') = coalesce(next_slug, ''))
