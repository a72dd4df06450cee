{%- set numbers = correlated_numbers() -%}
{%- set ordinals = ["age_group", "education", "marital_status", "spending_level"] -%}
{%- set features = numbers + ordinals -%}
{%- set pairs = [] -%}
{%- for feature in features -%}
    {%- for other in features[loop.index:] -%}
        {%- do pairs.append((feature, other)) -%}
    {%- endfor -%}
{%- endfor -%}

with

customers as (

    select *
    from {{ ref("dim_customers") }}

),

ordinal_categories as (

    select
        column_name,
        category,
        position
    from {{ ref("ordinal_categories") }}

),

-- A category with an order is its place in that order; the alphabet knows nothing of it.
placed_categories as (

    select
        {% for number in numbers -%}
            cast(customers.{{ number }} as double) as {{ number }},
        {% endfor -%}
        {% for ordinal in ordinals -%}
            cast({{ ordinal }}_order.position as double) as {{ ordinal }},
        {% endfor -%}
        customers.customer_id
    from customers
    {% for ordinal in ordinals -%}
        left join ordinal_categories as {{ ordinal }}_order
            on
                {{ ordinal }}_order.column_name = '{{ ordinal }}'
                and customers.{{ ordinal }} = {{ ordinal }}_order.category
    {% endfor %}

),

-- Sums of doubles depend on the order they are added in: six digits do not.
correlated_pairs as (

    {% for feature, other in pairs -%}
        select
            '{{ feature }}' as feature,
            '{{ other }}' as other_feature,
            count(
                case when {{ feature }} is not null and {{ other }} is not null then 1 end
            ) as customers,
            {{ six_digits("corr(" ~ feature ~ ", " ~ other ~ ")") }} as correlation
        from placed_categories
        {% if not loop.last %}union all{% endif %}
    {% endfor -%}

)

select
    cast(feature as varchar) as feature,
    cast(other_feature as varchar) as other_feature,
    cast(customers as bigint) as customers,
    cast(correlation as double) as correlation
from correlated_pairs
where correlation is not null
order by
    feature,
    other_feature
