-- Broken: a customer with features was not assigned a segment, or one without was.
{% for segmentation in clusterings() -%}
    select
        '{{ segmentation }}' as segmentation,
        features.customer_id as eligible_customer_id,
        assignments.customer_id as assigned_customer_id
    from {{ ref("int_" ~ segmentation ~ "_features") }} as features
    full outer join {{ ref(segmentation ~ "_assignments") }} as assignments
        on features.customer_id = assignments.customer_id
    where
        features.customer_id is null
        or assignments.customer_id is null
    {% if not loop.last %}union all{% endif %}
{% endfor -%}
