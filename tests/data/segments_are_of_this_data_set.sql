-- Broken: customers of one data set were scored with a model that was fitted on another.
select segments.model_version
from {{ ref("fct_customer_segments") }} as segments
left join {{ ref("rpt_model_history") }} as history
    on
        segments.segmentation = history.segmentation
        and segments.model_version = history.model_version
        and history.dataset = {{ text_literal(dataset()) }}
        and history.variant = {{ text_literal(variant()) }}
        and history.is_in_force
where
    segments.model_version is not null
    and history.model_version is null
