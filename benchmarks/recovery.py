"""How well groups that are known are found again, in worlds of :mod:`benchmarks.planted_worlds`.

``python -m benchmarks.recovery [--worlds N] [--first-seed N]`` prints three tables: the agreement
with the planted groups under each rule for gamma and under K-Means of one-hot columns; and, for
numbers and for numbers with categories, how often the number of groups is found, and how often
groups are seen in a continuum. A world takes about half a minute of processor time.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from segmentation.clustering import ALGORITHMS
from segmentation.clustering.gamma import CANDIDATE_GAMMAS, default_gamma
from segmentation.clustering.kprototypes.gamma_choice import gamma_from_data
from segmentation.clustering.search_options import KOptions
from segmentation.clustering.structure import (
    CONTINUUM,
    compare_with_null,
    number_of_groups,
    structure_of,
)
from segmentation.engine.threads import limit_native_threads
from segmentation.features.mixed_sample import MixedSample
from sklearn.metrics import adjusted_rand_score, calinski_harabasz_score

from benchmarks.planted_worlds import PlantedWorld, planted_world

KS = range(2, 11)
# Where groups overlap very much or not at all, every rule does equally badly or well.
OVERLAP = (0.5, 0.95)
# One world in so many is a continuum.
CONTINUUM_EVERY = 4


def agreement_by_gamma(
    world: PlantedWorld, *, n_init: int = 3, gammas: Sequence[float] = CANDIDATE_GAMMAS
) -> dict[str, float]:
    """Return the adjusted Rand index of each rule with the planted groups, at their number."""
    sample = world.prepared()
    k = world.true_k

    def found(name: str, gamma: float) -> float:
        rows = replace(sample, gamma=gamma)
        labels = ALGORITHMS[name].fit(rows, k, n_init=n_init, seed=1).labels
        return float(adjusted_rand_score(world.groups, labels))

    chosen = gamma_from_data(
        sample.numbers, sample.codes, sample.category_counts, k, random_state=1
    )
    return {
        "auto": found("kprototypes", chosen),
        **{f"{gamma:g}": found("kprototypes", gamma) for gamma in gammas},
        "half_mean_deviation": found("kprototypes", default_gamma(sample.numbers.std(axis=0))),
        "one-hot K-Means": found("kmeans", 2.0),
    }


def found_k(world: PlantedWorld, seed: int) -> dict[str, int]:
    """Return the number of groups by each rule; 1 where a rule sees a continuum."""
    sample = _with_gamma(world.prepared())
    options = KOptions()
    rows = sample.rows(slice(0, options.null_rows))
    compared = compare_with_null(rows, KS, draws=options.null_draws, seed=seed)
    by_rule = number_of_groups(compared, KS[0], KS[-1]) or 1
    labels = [ALGORITHMS["kmeans"].fit(sample, k, n_init=3, seed=1).labels for k in KS]
    indices = [calinski_harabasz_score(sample.embedded, of_k) for of_k in labels]
    return {
        "auto": 1 if structure_of(compared) == CONTINUUM else by_rule,
        "auto, without the gate": by_rule,
        "Calinski-Harabasz": KS[int(np.argmax(indices))],
    }


def overlapping_worlds(kind: str, count: int, first_seed: int, rows: int) -> Iterator[PlantedWorld]:
    """Return worlds whose groups overlap, and among them continua."""
    for seed in range(first_seed, first_seed + count):
        if seed % CONTINUUM_EVERY == CONTINUUM_EVERY - 1:
            yield planted_world(seed, kind, rows=rows, groups=1)
            continue
        for attempt in range(1_000):
            world = planted_world(1_000 * seed + attempt, kind, rows=rows)
            rows_of_fit = replace(world.prepared(), gamma=2.0)
            labels = ALGORITHMS["kmeans"].fit(rows_of_fit, world.true_k, n_init=5, seed=1).labels
            if OVERLAP[0] <= adjusted_rand_score(world.groups, labels) <= OVERLAP[1]:
                yield world
                break


def gamma_table(count: int, first_seed: int, rows: int = 2_000) -> pd.DataFrame:
    """Return mean, standard error and 10th percentile of the agreement, for each rule."""
    found = pd.DataFrame(
        agreement_by_gamma(planted_world(seed, "mixed", rows=rows))
        for seed in range(first_seed, first_seed + count)
    )
    return pd.DataFrame(
        {
            "mean": found.mean(),
            "standard error": found.sem(),
            "10th percentile": found.quantile(0.1),
            "worst gap": found.rsub(found.max(axis=1), axis=0).max(),
        }
    )


def k_table(kind: str, count: int, first_seed: int, rows: int = 1_000) -> pd.DataFrame:
    """Return shares of exact and near hits among groups, and of groups seen in continua."""
    truths, found = [], []
    for seed, world in enumerate(overlapping_worlds(kind, count, first_seed, rows)):
        truths.append(world.true_k)
        found.append(found_k(world, seed))
    truth, chosen = pd.Series(truths), pd.DataFrame(found)
    apart = chosen.sub(truth, axis=0).abs()
    has_groups = truth > 1
    return pd.DataFrame(
        {
            "exact": (apart[has_groups] == 0).mean(),
            "within one": (apart[has_groups] <= 1).mean(),
            "false structure": (chosen[~has_groups] > 1).mean(),
        }
    )


def _with_gamma(sample: MixedSample) -> MixedSample:
    if not sample.codes.shape[1]:
        return sample
    gamma = gamma_from_data(sample.numbers, sample.codes, sample.category_counts, random_state=0)
    return replace(sample, gamma=gamma)


def main() -> None:
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recovery", description=__doc__)
    parser.add_argument("--worlds", type=int, default=24, help="worlds for each table")
    parser.add_argument("--first-seed", type=int, default=1_000, help="seed of the first world")
    asked = parser.parse_args()
    limit_native_threads()
    print(f"gamma, {asked.worlds} worlds\n{gamma_table(asked.worlds, asked.first_seed).round(3)}\n")
    for kind in ("numbers", "mixed"):
        table = k_table(kind, asked.worlds, asked.first_seed).round(2)
        print(f"number of groups, {kind}, {asked.worlds} worlds\n{table}\n", flush=True)


if __name__ == "__main__":
    main()
