select
    cast('{{ dataset() }}' as varchar) as dataset,
    cast('{{ variant() }}' as varchar) as variant,
    {{ as_of() }} as as_of,
    {{ window_start() }} as window_start,
    cast({{ var("lrfm_window_days") }} as integer) as lrfm_window_days
