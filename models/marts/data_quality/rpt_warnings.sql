with

unioned_warnings as (

    {% for warnings in [
        "input_warnings",
        "feature_warnings",
        "segment_warnings",
        "unassigned_warnings",
        "drift_warnings",
        "champion_warnings",
    ] %}
        select
            topic_rank,
            topic,
            subject,
            affected,
            message,
            what_to_do
        from {{ ref(warnings) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

numbered_warnings as (

    select
        *,
        row_number() over (order by topic_rank asc, subject asc) as warning_number
    from unioned_warnings

)

select
    cast(warning_number as integer) as warning_number,
    cast(topic as varchar) as topic,
    cast(subject as varchar) as subject,
    cast(affected as bigint) as affected,
    cast(message as varchar) as message,
    cast(what_to_do as varchar) as what_to_do
from numbered_warnings
order by warning_number
