-- To be looked at: the file has values that seeds/source_values.csv does not know, and they were
-- kept as they are. Add a row for each to the seed: what the file says, and what the contract is
-- to call it (itself, if it is a value of its own). rpt_unknown_values says how many have it.
{{ config(severity="warn") }}

select
    source_column,
    value,
    customers
from {{ ref("rpt_unknown_values") }}
