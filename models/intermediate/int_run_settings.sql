select
    cast({{ text_literal(dataset()) }} as varchar) as dataset,
    cast({{ text_literal(variant()) }} as varchar) as variant,
    {{ as_of() }} as as_of,
    {{ window_start() }} as window_start,
    cast({{ lrfm_window_days() }} as integer) as lrfm_window_days
