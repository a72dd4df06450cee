"""BG/NBD fitted and applied, beside the package lifetimes.

Customers are those of CDNOW, and larger tables drawn from BG/NBD itself, by the day. Both sides get
the same three columns; grouping equal histories is part of our time. Log-likelihoods are computed
in one way from the parameters of both. The forecast is of every distinct history: horizons with
intervals, lifetime value and next purchases. At ten million customers lifetimes is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.contender import Work
from benchmarks.race import Entry, Lap, judged, race, ratio, raw_figures, run

ROWS = 1_000_000
# So many times the rows are fitted and forecast by ours alone.
LARGER = 10
ROUNDS = 3
CDNOW = "CDNOW"
BATCH = 500_000
# r, alpha (weeks), a and b: as a shop with more repeat customers than CDNOW has.
TRUTH = (0.6, 4.0, 0.8, 2.4)
PARAMETERS = ("r", "alpha", "a", "b")
DAYS = 365


def measure(folder: Path, rows: int = ROWS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Run the benchmark and return its entry of the results file."""
    figures: list[dict[str, Any]] = []
    raw: dict[str, Any] = {}
    drawn = f"{rows:,} customers"
    run(Entry(__name__, "prepare_cdnow", {"folder": str(folder)}))
    run(Entry(__name__, "prepare", {"folder": str(folder), "table": drawn, "rows": rows}))
    for table in (CDNOW, drawn):
        where = {"folder": str(folder), "table": table}
        contenders = {
            f"{name}, {table}": Entry(__name__, function, where)
            for name, function in (("ours", "fit"), ("lifetimes", "fit_with_lifetimes"))
        }
        laps = race(contenders, rounds)
        ours, theirs = laps.values()
        goal = 10 if table == drawn else None
        heights = [
            run(
                Entry(__name__, "height", where | {"parameters": lap[-1].facts["parameters"]})
            ).facts["log_likelihood"]
            for lap in (ours, theirs)
        ]
        figures += [
            ratio(f"{table}: lifetimes / ours, fit", theirs, ours, at_least=goal),
            ratio(f"{table}: lifetimes / ours, CPU", theirs, ours, figure="cpu_seconds"),
            judged(
                f"{table}: log-likelihood above that of lifetimes",
                heights[0] - heights[1],
                # Sums of a million logarithms round.
                at_least=-1e-6,
            ),
        ]
        raw |= raw_figures(laps)
    larger = f"{LARGER * rows:,} customers"
    where = {"folder": str(folder), "table": larger}
    run(Entry(__name__, "prepare", where | {"rows": LARGER * rows}))
    laps = race(
        {
            f"{name}, {larger}": Entry(__name__, function, where)
            for name, function in (("ready", "ready"), ("fit", "fit"), ("forecast", "forecast"))
        },
        rounds=1,
    )
    at_rest, fitted, forecast = (lap[0] for lap in laps.values())
    figures += [
        judged(f"{larger}: seconds of the fit", fitted.seconds),
        judged(f"{larger}: MB added by the fit", _added(fitted, at_rest), at_most=1_000),
        judged(f"{larger}: distinct histories", forecast.facts["histories"]),
        judged(f"{larger}: seconds of the forecast", forecast.seconds, at_most=60),
        judged(f"{larger}: MB added by the forecast", _added(forecast, at_rest), at_most=1_000),
    ]
    return {
        "name": "lifetime_value",
        "what": f"BG/NBD; {DAYS} days of histories drawn from BG/NBD, and CDNOW",
        "figures": figures,
        "raw": raw | raw_figures(laps),
    }


def prepare_cdnow(folder: str) -> Work:
    """Write the histories of CDNOW up to the end of September 1997."""
    import numpy as np
    import pandas as pd

    from benchmarks.evidence import shops

    def work() -> dict[str, Any]:
        orders = shops.cdnow_orders()
        ends = pd.Timestamp("1997-09-30")
        days = orders[orders.ordered_at <= ends].drop_duplicates(["customer_id", "ordered_at"])
        by = days.groupby("customer_id").ordered_at
        first, last = by.min(), by.max()
        _write(
            folder,
            CDNOW,
            (by.count() - 1).to_numpy(np.float64),
            (last - first).dt.days.to_numpy(np.float64) / 7,
            (ends - first).dt.days.to_numpy(np.float64) / 7,
        )
        return {"customers": len(first)}

    return work


def prepare(folder: str, table: str, rows: int) -> Work:
    """Draw customers from BG/NBD; of several purchases on a day, one counts."""
    import numpy as np

    def work() -> dict[str, Any]:
        random = np.random.default_rng([20240229, rows])
        columns = [np.empty(rows) for _ in range(3)]
        for start in range(0, rows, BATCH):
            some = slice(start, min(start + BATCH, rows))
            for column, values in zip(columns, _drawn(random, some.stop - start), strict=True):
                column[some] = values
        _write(folder, table, *columns)
        return {}

    return work


def _drawn(random: Any, rows: int) -> tuple[Any, Any, Any]:
    """Return frequency, recency and age of customers, event by event."""
    import numpy as np

    r, alpha, a, b = TRUTH
    rate, leaves = random.gamma(r, 1 / alpha, rows) / 7, random.beta(a, b, rows)
    age = random.integers(0, DAYS, rows).astype(float)
    x, last, now = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    active = np.arange(rows)
    while len(active):
        now[active] += random.exponential(1.0, len(active)) / rate[active]
        active = active[now[active] <= age[active]]
        day = np.ceil(now[active])
        x[active] += day > last[active]
        last[active] = day
        active = active[random.random(len(active)) >= leaves[active]]
    return x, last / 7, age / 7


def fit(folder: str, table: str) -> Work:
    """Group and fit."""
    from segmentation.engine.threads import limit_native_threads
    from segmentation.lifetime_value.purchase_fit import fit_purchase_model
    from segmentation.lifetime_value.repeat_purchases import RepeatPurchases

    limit_native_threads()
    columns = _read(folder, table)

    def work() -> dict[str, Any]:
        fitted = fit_purchase_model("bg_nbd", RepeatPurchases.of(*columns))
        return {
            "parameters": {name: getattr(fitted.model, name) for name in PARAMETERS},
            "histories": fitted.distinct_histories,
        }

    return work


def fit_with_lifetimes(folder: str, table: str) -> Work:
    """Fit as its documentation does, with three columns."""
    import warnings

    import pandas as pd

    warnings.simplefilter("ignore")
    from lifetimes import BetaGeoFitter

    columns = [pd.Series(column) for column in _read(folder, table)]

    def work() -> dict[str, Any]:
        fitter = BetaGeoFitter()
        fitter.fit(*columns)
        return {"parameters": {name: float(fitter.params_[name]) for name in PARAMETERS}}

    return work


def height(folder: str, table: str, parameters: dict[str, float]) -> Work:
    """Compute the log-likelihood of parameters."""
    from segmentation.lifetime_value.purchase_models import PurchaseModel, log_likelihood
    from segmentation.lifetime_value.repeat_purchases import RepeatPurchases

    purchases = RepeatPurchases.of(*_read(folder, table))
    model = PurchaseModel("bg_nbd", **parameters)
    return lambda: {"log_likelihood": log_likelihood(model, purchases)}


def ready(folder: str, table: str) -> Work:
    """Read the table, and do nothing."""
    import segmentation.lifetime_value.forecast  # noqa: F401

    columns = _read(folder, table)
    return lambda: {"customers": len(columns[0])}


def forecast(folder: str, table: str) -> Work:
    """Group, and forecast every distinct history, with a spend model."""
    import numpy as np
    from segmentation.engine.threads import limit_native_threads
    from segmentation.lifetime_value.fit import Candidate, LifetimeValueFit
    from segmentation.lifetime_value.forecast import forecast_histories
    from segmentation.lifetime_value.maximum_likelihood import LikelihoodFit, Maximum
    from segmentation.lifetime_value.purchase_fit import PurchaseFit
    from segmentation.lifetime_value.purchase_models import PurchaseModel
    from segmentation.lifetime_value.repeat_purchases import RepeatPurchases
    from segmentation.lifetime_value.spend_model import SpendFit, SpendModel

    limit_native_threads()
    columns = _read(folder, table)
    exact = LikelihoodFit.at_maximum(
        Maximum(np.zeros(4), np.zeros((4, 4)), 0.0, False, 0, 0), customers=0
    )
    purchases = PurchaseFit(
        model=PurchaseModel("bg_nbd", *TRUTH), repeat_customers=0, distinct_histories=0, **exact
    )
    spend = SpendFit(model=SpendModel(6.25, 3.74, 15.44), excluded=0, correlation=0.0, **exact)
    fitted = LifetimeValueFit((Candidate(purchases, None, True),), "option", spend, ())

    def work() -> dict[str, Any]:
        found = forecast_histories(fitted, RepeatPurchases.of(*columns))
        return {"histories": len(found)}

    return work


def _added(lap: Lap, at_rest: Lap) -> float:
    return lap.peak_megabytes - at_rest.peak_megabytes


def _write(folder: str, table: str, *columns: Any) -> None:
    import numpy as np

    np.save(_file(folder, table), np.stack(columns))


def _read(folder: str, table: str) -> list[Any]:
    import numpy as np

    return list(np.load(_file(folder, table)))


def _file(folder: str, table: str) -> Path:
    return Path(folder) / f"{table.replace(' ', '_').replace(',', '_')}.npy"
