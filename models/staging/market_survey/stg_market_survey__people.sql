{{ config(enabled=is_dataset("market_survey")) }}

-- The files are read here and nowhere else, so that what is wrong with them is said once.
with

labelled_people as (

    select *
    from {{ source("market_survey", "train") }}

),

prospects as (

    select *
    from {{ source("market_survey", "test") }}

),

unioned_people as (

    select
        'train' as source_file,
        person_id,
        gender,
        ever_married,
        age,
        graduated,
        profession,
        work_experience,
        spending_score,
        family_size,
        var_1,
        segmentation,
        source_row,
        malformed
    from labelled_people

    union all

    select
        'test' as source_file,
        person_id,
        gender,
        ever_married,
        age,
        graduated,
        profession,
        work_experience,
        spending_score,
        family_size,
        var_1,
        null as segmentation,
        source_row,
        malformed
    from prospects

)

-- Most ids stand in both files, with other attributes: only file and id together are a row.
select
    cast(source_file || '-' || person_id as varchar) as customer_id,
    cast(person_id as varchar) as person_id,
    cast(source_file as varchar) as source_file,
    cast(gender as varchar) as gender,
    cast(ever_married as varchar) as ever_married,
    cast(age as varchar) as age,
    cast(graduated as varchar) as graduated,
    cast(profession as varchar) as profession,
    cast(work_experience as varchar) as work_experience,
    cast(spending_score as varchar) as spending_score,
    cast(family_size as varchar) as family_size,
    cast(var_1 as varchar) as var_1,
    cast(segmentation as varchar) as segmentation,
    cast(source_row as bigint) as source_row,
    cast(malformed as varchar) as malformed
from unioned_people
