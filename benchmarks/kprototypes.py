"""K-Prototypes beside the package kmodes: the same cost function, gamma and number of restarts.

A round is a seed. Both get the table that each is at home with: ours a DataFrame with text, kmodes
an array of objects with the categories as whole numbers, which it encodes faster than text. Both
run on one thread, as kmodes does by itself.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.contender import Work
from benchmarks.race import Entry, Lap, judged, race, ratio, raw_figures, run

ROWS = 10_000
RESTARTS = 5
# So many times the rows, with one restart, for a few of the seeds.
LARGER = 5
LARGER_ROUNDS = 3
ROUNDS = 10
K = 5
NUMBERS = 4
CATEGORY_COUNTS = (3, 4, 6, 2, 8)
# Unequal groups that overlap, as those of customers do.
SHARES = (0.35, 0.25, 0.20, 0.12, 0.08)


def measure(folder: Path, rows: int = ROWS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Run the benchmark and return its entry of the results file."""
    small = _laps(folder / "small", rows, RESTARTS, range(rounds))
    large = _laps(folder / "large", LARGER * rows, 1, range(min(rounds, LARGER_ROUNDS)))
    figures: list[dict[str, Any]] = []
    raw: dict[str, Any] = {}
    for laps, size, restarts, goal in (
        (small, rows, RESTARTS, 100),
        (large, LARGER * rows, 1, 200),
    ):
        ours, kmodes = laps["ours"], laps["kmodes"]
        of = f"{size:,} rows, n_init={restarts}"
        figures += [
            ratio(f"kmodes / ours, {of}", kmodes, ours, at_least=goal),
            ratio(f"kmodes / ours, {of}, CPU", kmodes, ours, figure="cpu_seconds", at_least=goal),
            judged(
                f"cost above that of kmodes, {of}, the worst of {len(ours)} seeds, %",
                max(_excess(ours, kmodes)),
                at_most=1e-5,
                rounds=[float(f"{percent:.4g}") for percent in _excess(ours, kmodes)],
            ),
        ]
        raw |= raw_figures({f"{name}, {of}": of_name for name, of_name in laps.items()})
    return {
        "name": "kprototypes",
        "what": (
            f"{NUMBERS} numbers and {len(CATEGORY_COUNTS)} categories, k = {K}, a seed per round"
        ),
        "figures": figures,
        "raw": raw,
    }


def prepare(folder: str, rows: int) -> Work:
    """Make rows of planted groups."""
    import numpy as np

    def work() -> dict[str, Any]:
        random = np.random.default_rng([20240229, rows])
        group = random.choice(len(SHARES), size=rows, p=SHARES)
        centres = random.normal(0, 1.6, (len(SHARES), NUMBERS))
        numbers = centres[group] + random.standard_normal((rows, NUMBERS))
        codes = [
            # A category that depends on the group, except for nearly half of the rows.
            np.where(
                random.random(rows) < 0.55,
                group * (j + 1) % count,
                random.integers(count, size=rows),
            )
            for j, count in enumerate(CATEGORY_COUNTS)
        ]
        Path(folder).mkdir(parents=True, exist_ok=True)
        _file(folder).write_bytes(pickle.dumps((numbers, np.column_stack(codes))))
        return {}

    return work


def ours(folder: str, restarts: int, seed: int) -> Work:
    """Fit with `segmentation.KPrototypes`."""
    import numpy as np
    import pandas as pd
    from segmentation import KPrototypes

    numbers, codes = pickle.loads(_file(folder).read_bytes())
    table = pd.DataFrame(numbers, columns=[f"number_{j}" for j in range(NUMBERS)])
    for j, column in enumerate(codes.T):
        table[f"category_{j}"] = np.array([f"value {i}" for i in range(max(CATEGORY_COUNTS))])[
            column
        ]

    def work() -> dict[str, Any]:
        model = KPrototypes(K, n_init=restarts, gamma="half_mean_deviation", random_state=seed).fit(
            table
        )
        return {"cost": model.cost_, "gamma": model.gamma_}

    return work


def kmodes(folder: str, restarts: int, seed: int) -> Work:
    """Fit with the package."""
    import numpy as np
    from kmodes.kprototypes import KPrototypes
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1)
    numbers, codes = pickle.loads(_file(folder).read_bytes())
    table = np.column_stack([numbers, codes]).astype(object)
    categorical = list(range(NUMBERS, NUMBERS + len(CATEGORY_COUNTS)))

    def work() -> dict[str, Any]:
        model = KPrototypes(K, n_init=restarts, random_state=seed)
        model.fit(table, categorical=categorical)
        return {"cost": float(model.cost_), "gamma": float(model.gamma)}

    return work


def _laps(folder: Path, rows: int, restarts: int, seeds: Sequence[int]) -> dict[str, list[Lap]]:
    """Run both by turns, once for each seed."""
    run(Entry(__name__, "prepare", {"folder": str(folder), "rows": rows}))
    laps: dict[str, list[Lap]] = {"ours": [], "kmodes": []}
    for seed in seeds:
        given = {"folder": str(folder), "restarts": restarts, "seed": seed}
        turn = race({name: Entry(__name__, name, given) for name in laps}, rounds=1)
        for name in laps:
            laps[name] += turn[name]
    return laps


def _excess(ours: Sequence[Lap], kmodes: Sequence[Lap]) -> list[float]:
    """Return by how many per cent our costs exceed those of kmodes; negative if they are lower."""
    return [
        100 * (a.facts["cost"] / b.facts["cost"] - 1) for a, b in zip(ours, kmodes, strict=True)
    ]


def _file(folder: str) -> Path:
    return Path(folder) / "planted.pickle"
