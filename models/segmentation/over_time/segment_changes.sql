select
    dataset,
    variant,
    segmentation,
    customer_id,
    as_of,
    segment_slug,
    segment_id,
    segment_name,
    runner_up_slug,
    reason_1,
    reason_2,
    reason_3,
    model_version,
    revenue,
    length_days,
    recency_days,
    frequency,
    overdue_ratio,
    purchase_state
from {{ in_any_file(ref("segment_log")) }}
where row_kind = 'change'
