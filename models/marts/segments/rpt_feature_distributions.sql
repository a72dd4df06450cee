{%- set numbers = correlated_numbers() -%}
{%- set bins = 20 -%}

with

customers as (

    select *
    from {{ ref("dim_customers") }}

),

turned_numbers as (

    {% for column in numbers -%}
        select
            '{{ column }}' as feature,
            cast({{ column }} as double) as amount
        from customers
        {% if not loop.last %}union all{% endif %}
    {% endfor -%}

),

found_ranges as (

    select
        feature,
        count(*) as customers,
        count(amount) as customers_with_value,
        min(amount) as minimum,
        max(amount) as maximum
    from turned_numbers
    group by feature

),

-- The largest value belongs to the last bin, and a constant to the first.
put_into_bins as (

    select
        turned_numbers.feature,
        found_ranges.customers,
        found_ranges.customers_with_value,
        found_ranges.minimum,
        (found_ranges.maximum - found_ranges.minimum) / {{ bins }} as bin_width,
        case
            when found_ranges.maximum = found_ranges.minimum then 0
            else
                least(
                    floor(
                        {{ bins }}
                        * (turned_numbers.amount - found_ranges.minimum)
                        / (found_ranges.maximum - found_ranges.minimum)
                    ),
                    {{ bins }} - 1
                )
        end as bin_number
    from turned_numbers
    inner join found_ranges
        on turned_numbers.feature = found_ranges.feature
    where turned_numbers.amount is not null

),

counted_bins as (

    select
        feature,
        customers,
        customers_with_value,
        minimum,
        bin_width,
        bin_number,
        count(*) as customers_in_bin
    from put_into_bins
    group by
        feature,
        customers,
        customers_with_value,
        minimum,
        bin_width,
        bin_number

)

select
    cast(feature as varchar) as feature,
    cast(bin_number + 1 as integer) as bin,
    minimum + bin_number * bin_width as lower_edge,
    minimum + (bin_number + 1) * bin_width as upper_edge,
    cast(customers_in_bin as bigint) as customers_in_bin,
    cast(customers_in_bin as double) / customers_with_value as share,
    cast(customers as bigint) as customers,
    cast(customers - customers_with_value as bigint) as customers_without_value,
    cast(customers - customers_with_value as double) / customers as share_without_value
from counted_bins
order by
    feature,
    bin
