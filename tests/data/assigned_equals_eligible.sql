-- Broken: a customer with features was not assigned a segment, or one without was.
select
    features.customer_id as eligible_customer_id,
    assignments.customer_id as assigned_customer_id
from {{ ref("int_value_features") }} as features
full outer join {{ ref("value_assignments") }} as assignments
    on features.customer_id = assignments.customer_id
where
    features.customer_id is null
    or assignments.customer_id is null
