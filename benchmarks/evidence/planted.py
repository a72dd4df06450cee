"""How well the clustering of people finds groups that were planted, and how many there are."""

from __future__ import annotations

from typing import Any

import numpy as np
from segmentation.clustering.algorithms import ALGORITHMS
from segmentation.clustering.kprototypes.gamma_choice import gamma_from_data
from segmentation.clustering.structure import compare_with_null, number_of_groups
from sklearn.metrics import adjusted_rand_score

from benchmarks.planted_worlds import KINDS, PlantedWorld, planted_world

ROWS = 600
WORLDS = 6
SEED = 20240229
STARTS = 5
DRAWS = 20
K_FROM, K_TO = 2, 8


def recovered(kind: str, worlds: int = WORLDS, rows: int = ROWS) -> dict[str, Any]:
    """Cluster planted worlds, and compare with what was planted.

    Parameters
    ----------
    kind : {"mixed", "numbers", "categories"}
    worlds, rows : int
        How many, and how many customers each.

    Returns
    -------
    dict
        kind, worlds, rows, median_rand (adjusted Rand index with the true k), right_k (share of the
        worlds in which the rule finds the true k), near_k (in which it is at most one off).
    """
    found = [_recovered(planted_world(seed, kind, rows=rows)) for seed in range(worlds)]
    rand, off = np.array([row[0] for row in found]), np.array([row[1] for row in found])
    return {
        "kind": kind,
        "worlds": worlds,
        "rows": rows,
        "median_rand": float(np.median(rand)),
        "right_k": float((off == 0).mean()),
        "near_k": float((np.abs(off) <= 1).mean()),
    }


def all_kinds(worlds: int = WORLDS, rows: int = ROWS) -> list[dict[str, Any]]:
    """Return a row for each kind of world."""
    return [recovered(kind, worlds, rows) for kind in KINDS]


def _recovered(world: PlantedWorld) -> tuple[float, int]:
    plain = world.prepared()
    counts = list(plain.category_counts)
    gamma = gamma_from_data(plain.numbers, plain.codes, counts, random_state=SEED)
    sample = world.prepared(gamma)
    algorithm = ALGORITHMS["kprototypes"]
    labels = algorithm.fit(sample, world.true_k, n_init=STARTS, seed=SEED).labels
    comparisons = compare_with_null(sample, range(K_FROM, K_TO + 1), draws=DRAWS, seed=SEED)
    chosen = number_of_groups(comparisons, K_FROM, K_TO) or K_TO
    return float(adjusted_rand_score(world.groups, labels)), chosen - world.true_k
