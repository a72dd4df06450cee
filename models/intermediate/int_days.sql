with

numbers as (

    {{ dbt.generate_series(lrfm_window_days()) }}

),

counted_back as (

    select
        {{
            dbt.dateadd(
                datepart="day",
                interval="1 - cast(generated_number as integer)",
                from_date_or_timestamp=as_of(),
            )
        }} as calendar_day
    from numbers

)

select cast(calendar_day as date) as calendar_day
from counted_back
order by calendar_day
