"""Whether forecasts of lifetime value came true."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from benchmarks.evidence.builds import Build
from benchmarks.evidence.shops import CDNOW, COMPLETE_JOURNEY, has_cdnow

# Without rpt_value_forecast_accuracy, which would build the history of the segments too.
FORECASTS = ("+rpt_lifetime_value_model",)

# The last day of each shop: every quarter before it is a forecast.
DAYS = (
    (COMPLETE_JOURNEY, datetime.date(2017, 12, 31)),
    (CDNOW, datetime.date(1998, 6, 30)),
)

# The method in use and the purchase model beside it, and what they are compared with.
ACCURACY = """
with judged as (
    select unnest(accuracy, recursive := true)
    from segmentation.lifetime_value_model
    where model_version = (select model_version from marts.rpt_lifetime_value_model)
)
select
    strftime(forecast_on, '%Y-%m-%d') as forecast_on,
    max(case when is_in_use then forecast_method end) as in_use,
    forecast_method,
    max(customers) as customers,
    max(case when grouped_by = 'all' then (predicted - actual) / nullif(actual, 0) end)
        as error_share,
    bool_or(actual between lower_predicted and upper_predicted) filter (where grouped_by = 'all')
        as is_covered,
    cast(
        count(*) filter (
            where grouped_by = 'decile' and actual between lower_predicted and upper_predicted
        ) as integer
    ) as deciles_covered,
    max(rmse) as rmse,
    max(rank_correlation) as rank_correlation
from judged
where measure = 'revenue'
group by forecast_on, forecast_method
order by forecast_on, forecast_method
"""
VERDICT = (
    "select forecast_by, ranks_customers, forecast_because from marts.rpt_lifetime_value_model"
)


def measure_forecasts(folder: Path) -> list[dict[str, Any]]:
    """Build every shop as of its last day, and read what its earlier forecasts were worth."""
    measured = []
    for shop, day in DAYS:
        if shop.is_own and not has_cdnow():
            continue
        build = Build(folder / shop.name, shop)
        build.run(day, FORECASTS)
        measured.append(
            {
                "shop": shop.name,
                "accuracy": build.records(ACCURACY),
                "verdict": build.records(VERDICT)[0],
            }
        )
    return measured
