select
    dataset,
    variant,
    segmentation,
    as_of,
    model_version,
    customers
from {{ in_any_file(ref("segment_log")) }}
where row_kind = 'day'
