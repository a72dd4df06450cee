-- Some come more often than others, and some not for a long time.
select
    numbers.i as order_id,
    (numbers.i * numbers.i) % 397 as customer_id,
    timestamp '2025-12-30 12:00:00'
    - to_days(cast((numbers.i * 7919) % (30 + (numbers.i * numbers.i) % 397) as integer)) as ordered_at,
    cast(5 + numbers.i % 40 as decimal(18, 2)) as revenue
from range({{ var("shop_orders") }}) as numbers (i)
