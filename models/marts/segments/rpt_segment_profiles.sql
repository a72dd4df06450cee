{%- set numbers = [
    "length_days",
    "recency_days",
    "frequency",
    "monetary",
    "usual_gap_days",
    "overdue_ratio",
    "items",
    "discount_share",
    "campaigns_received",
    "responses",
    "prior_responses",
    "visits",
    "conversion_rate",
    "age",
    "income",
    "annual_spend",
    "household_size",
    "children",
    "work_experience_years",
] -%}
{%- set categories = [
    "age_group",
    "gender",
    "marital_status",
    "education",
    "profession",
    "residence_type",
    "home_ownership",
    "spending_level",
    "other_category",
    "rfm_name",
] -%}

with

customer_segments as (

    select
        segmentation,
        customer_id,
        segment_slug,
        segment_name
    from {{ ref("fct_customer_segments") }}

),

customers as (

    select *
    from {{ ref("dim_customers") }}

),

further_features as (

    select
        customer_id,
        feature,
        is_number,
        category,
        amount
    from {{ ref("int_further_features") }}

),

joined_columns as (

    select
        customer_segments.segmentation,
        customer_segments.segment_slug,
        {% for column in numbers + categories -%}
            customers.{{ column }},
        {% endfor -%}
        customer_segments.segment_name
    from customer_segments
    inner join customers
        on customer_segments.customer_id = customers.customer_id

),

joined_further_features as (

    select
        customer_segments.segmentation,
        customer_segments.segment_slug,
        customer_segments.segment_name,
        further_features.feature,
        further_features.is_number,
        further_features.category,
        further_features.amount
    from customer_segments
    inner join further_features
        on customer_segments.customer_id = further_features.customer_id

),

turned_numbers as (

    {% for column in numbers -%}
        select
            segmentation,
            segment_slug,
            segment_name,
            '{{ column }}' as feature,
            cast({{ column }} as double) as amount
        from joined_columns
        union all
    {% endfor -%}
    select
        segmentation,
        segment_slug,
        segment_name,
        feature,
        amount
    from joined_further_features
    where is_number

),

-- A mean is a sum of decimals: the same whatever order the engine adds in.
described_numbers as (

    select
        segmentation,
        segment_slug,
        segment_name,
        feature,
        count(amount) as customers_with_value,
        sum(cast(amount as decimal(38, 6))) as total,
        min(amount) as minimum,
        {{ quartiles("amount") }} as quartiles,
        max(amount) as maximum
    from turned_numbers
    where amount is not null
    group by
        segmentation,
        segment_slug,
        segment_name,
        feature

),

counted_segments as (

    select
        segmentation,
        segment_slug,
        count(*) as customers
    from customer_segments
    group by
        segmentation,
        segment_slug

),

compared_numbers as (

    select
        described_numbers.*,
        counted_segments.customers,
        sum(described_numbers.total)
            over (partition by described_numbers.segmentation, described_numbers.feature)
            as total_of_all,
        sum(described_numbers.customers_with_value)
            over (partition by described_numbers.segmentation, described_numbers.feature)
            as customers_of_all
    from described_numbers
    inner join counted_segments
        on
            described_numbers.segmentation = counted_segments.segmentation
            and described_numbers.segment_slug = counted_segments.segment_slug

),

turned_categories as (

    {% for column in categories -%}
        select
            segmentation,
            segment_slug,
            segment_name,
            '{{ column }}' as feature,
            {{ column }} as category
        from joined_columns
        union all
    {% endfor -%}
    select
        segmentation,
        segment_slug,
        segment_name,
        feature,
        category
    from joined_further_features
    where not is_number

),

counted_categories as (

    select
        segmentation,
        segment_slug,
        segment_name,
        feature,
        category,
        count(*) as customers_with_value
    from turned_categories
    where category is not null
    group by
        segmentation,
        segment_slug,
        segment_name,
        feature,
        category

),

compared_categories as (

    select
        counted_categories.*,
        counted_segments.customers,
        sum(counted_categories.customers_with_value)
            over (
                partition by
                    counted_categories.segmentation,
                    counted_categories.segment_slug,
                    counted_categories.feature
            )
            as customers_of_segment,
        sum(counted_categories.customers_with_value)
            over (
                partition by
                    counted_categories.segmentation,
                    counted_categories.feature,
                    counted_categories.category
            )
            as customers_of_category,
        sum(counted_categories.customers_with_value)
            over (partition by counted_categories.segmentation, counted_categories.feature)
            as customers_of_all
    from counted_categories
    inner join counted_segments
        on
            counted_categories.segmentation = counted_segments.segmentation
            and counted_categories.segment_slug = counted_segments.segment_slug

),

unioned_features as (

    select
        segmentation,
        segment_slug,
        segment_name,
        'number' as feature_kind,
        feature,
        cast(null as varchar) as category,
        customers,
        customers_with_value,
        cast(total as double) / customers_with_value as mean,
        minimum,
        {{ quartile("quartiles", 1) }} as first_quartile,
        {{ quartile("quartiles", 2) }} as median,
        {{ quartile("quartiles", 3) }} as third_quartile,
        maximum,
        cast(null as double) as share,
        cast(total_of_all as double) / cast(customers_of_all as double) as mean_of_all,
        cast(null as double) as share_of_all
    from compared_numbers

    union all

    select
        segmentation,
        segment_slug,
        segment_name,
        'category' as feature_kind,
        feature,
        category,
        customers,
        customers_with_value,
        cast(null as double) as mean,
        cast(null as double) as minimum,
        cast(null as double) as first_quartile,
        cast(null as double) as median,
        cast(null as double) as third_quartile,
        cast(null as double) as maximum,
        cast(customers_with_value as double) / cast(customers_of_segment as double) as share,
        cast(null as double) as mean_of_all,
        cast(customers_of_category as double) / cast(customers_of_all as double) as share_of_all
    from compared_categories

)

select
    cast(segmentation as varchar) as segmentation,
    cast(segment_slug as varchar) as segment_slug,
    cast(segment_name as varchar) as segment_name,
    cast(feature_kind as varchar) as feature_kind,
    cast(feature as varchar) as feature,
    cast(category as varchar) as category,
    cast(customers as bigint) as customers,
    cast(customers_with_value as bigint) as customers_with_value,
    mean,
    minimum,
    first_quartile,
    median,
    third_quartile,
    maximum,
    share,
    mean_of_all,
    share_of_all
from unioned_features
order by
    segmentation,
    segment_slug,
    feature,
    category
