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
    union all
{% endfor -%}
-- A prospect is left without a segment only where nothing could be learned at all.
select
    'prospects' as segmentation,
    features.customer_id as eligible_customer_id,
    assignments.customer_id as assigned_customer_id
from (
    select customer_id
    from {{ ref("int_prospect_features") }}
    where
        is_prospect
        and exists (
            select 1
            from ({{ current_models() }}) as models
            where
                segmentation = 'prospects'
                and k > 0
        )
) as features
full outer join {{ ref("prospects_assignments") }} as assignments
    on features.customer_id = assignments.customer_id
where
    features.customer_id is null
    or assignments.customer_id is null
