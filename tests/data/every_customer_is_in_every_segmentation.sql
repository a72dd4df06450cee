-- Broken: a customer is missing from a segmentation, or stands in one without being a customer.
-- Everybody has a segment, or is "unassigned" with a reason.
with

segmentations as (

    {% for segmentation in segmentations() -%}
        select '{{ segmentation }}' as segmentation
        {% if not loop.last %}union all{% endif %}
    {% endfor -%}

),

expected as (

    select
        segmentations.segmentation,
        customers.customer_id
    from {{ ref("int_customers") }} as customers
    cross join segmentations

)

select
    expected.segmentation as expected_segmentation,
    expected.customer_id as expected_customer_id,
    segments.segmentation,
    segments.customer_id
from expected
full outer join {{ ref("fct_customer_segments") }} as segments
    on
        expected.segmentation = segments.segmentation
        and expected.customer_id = segments.customer_id
where
    expected.customer_id is null
    or segments.customer_id is null
