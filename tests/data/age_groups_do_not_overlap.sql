-- Broken: two rows of seeds/age_groups.csv share an age, so that a customer would be counted twice.
select
    lower_group.age_group,
    upper_group.age_group as overlaps_with
from {{ ref("age_groups") }} as lower_group
inner join {{ ref("age_groups") }} as upper_group
    on
        lower_group.age_group <> upper_group.age_group
        and lower_group.min_age <= upper_group.min_age
        and (lower_group.max_age >= upper_group.min_age or lower_group.max_age is null)
