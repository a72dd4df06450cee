{%- set features = [
    "gender",
    "marital_status",
    "education",
    "profession",
    "residence_type",
    "home_ownership",
    "spending_level",
    "other_category",
    "age",
    "income",
    "household_size",
    "children",
    "work_experience_years",
    "early_purchases",
    "early_revenue",
    "early_items",
    "early_discount",
    "early_active_days",
    "early_last_day",
] %}

with

features as (

    select *
    from {{ ref("int_prospect_features") }}

),

counted_rows as (

    select
        count(case when not is_prospect then 1 end) as labelled_rows,
        count(case when is_prospect then 1 end) as prospect_rows
    from features

),

counted_by_identity as (

    select
        identity_id,
        count(case when not is_prospect then 1 end) as labelled_rows,
        count(case when is_prospect then 1 end) as prospect_rows
    from features
    group by identity_id

),

counted_shared_identities as (

    select
        count(*) as shared_identities,
        coalesce(sum(prospect_rows), 0) as prospects_with_labelled_identity
    from counted_by_identity
    where
        labelled_rows > 0
        and prospect_rows > 0

),

-- A group takes nulls as equal: unknown on both sides is the same answer.
counted_by_identity_and_features as (

    select
        identity_id,
        {{ features | join(",\n        ") }},
        count(case when not is_prospect then 1 end) as labelled_rows,
        count(case when is_prospect then 1 end) as prospect_rows
    from features
    group by
        identity_id,
        {{ features | join(",\n        ") }}

),

counted_copies as (

    select coalesce(sum(prospect_rows), 0) as prospects_with_identical_labelled_row
    from counted_by_identity_and_features
    where labelled_rows > 0

),

counted_by_features as (

    select
        {{ features | join(",\n        ") }},
        count(*) as labelled_rows,
        count(distinct target) as targets
    from features
    where not is_prospect
    group by
        {{ features | join(",\n        ") }}

),

counted_twins as (

    select
        coalesce(sum(labelled_rows), 0) as labelled_rows_with_twin,
        coalesce(sum(case when targets > 1 then labelled_rows end), 0)
            as labelled_rows_with_contradicting_twin
    from counted_by_features
    where labelled_rows > 1

)

select
    cast(counted_rows.labelled_rows as bigint) as labelled_rows,
    cast(counted_rows.prospect_rows as bigint) as prospect_rows,
    cast(counted_shared_identities.shared_identities as bigint) as shared_identities,
    cast(counted_shared_identities.prospects_with_labelled_identity as bigint)
        as prospects_with_labelled_identity,
    cast(
        case
            when counted_rows.prospect_rows > 0
                then
                    cast(counted_shared_identities.prospects_with_labelled_identity as double)
                    / counted_rows.prospect_rows
        end as double
    ) as share_of_prospects_with_labelled_identity,
    cast(counted_copies.prospects_with_identical_labelled_row as bigint)
        as prospects_with_identical_labelled_row,
    cast(counted_twins.labelled_rows_with_twin as bigint) as labelled_rows_with_twin,
    cast(counted_twins.labelled_rows_with_contradicting_twin as bigint)
        as labelled_rows_with_contradicting_twin
from counted_rows
cross join counted_shared_identities
cross join counted_copies
cross join counted_twins
