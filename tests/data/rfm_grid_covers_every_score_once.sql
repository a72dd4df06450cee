-- Broken: a pair of recency and frequency scores has no name in seeds/rfm_grid.csv, or two.
with

scores as (

    select 1 as score
    union all
    select 2 as score
    union all
    select 3 as score
    union all
    select 4 as score
    union all
    select 5 as score

),

cells as (

    select
        recency.score as recency_score,
        frequency.score as frequency_score
    from scores as recency
    cross join scores as frequency

)

select
    cells.recency_score,
    cells.frequency_score,
    count(grid.rfm_name) as names
from cells
left join {{ ref("rfm_grid").render() }} as grid
    on
        cells.recency_score between grid.min_recency_score and grid.max_recency_score
        and cells.frequency_score between grid.min_frequency_score and grid.max_frequency_score
group by
    cells.recency_score,
    cells.frequency_score
having count(grid.rfm_name) <> 1
