"""Worlds of customers whose groups are known, to measure how well a clustering finds them.

The numbers are correlated and skewed, some are counted or capped, as amounts and visits of
customers are; each category has a dominant level in each group, or none that tells groups apart.
Every world comes from its seed alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from segmentation.features.arrays import Codes, Matrix
from segmentation.features.mixed_sample import MixedSample
from segmentation.features.preprocessor import FeaturePreprocessor

KINDS = ("mixed", "numbers", "categories")


@dataclass(frozen=True)
class PlantedWorld:
    """Customers and the groups that they were drawn from.

    Attributes
    ----------
    numbers : ndarray of shape (n_rows, n_numbers)
        In raw units: positive and skewed to the right.
    codes : ndarray of shape (n_rows, n_categories)
    groups : ndarray of shape (n_rows,)
        All 0 in a continuum.
    """

    numbers: Matrix
    codes: Codes
    groups: Codes

    @property
    def true_k(self) -> int:
        """The number of groups."""
        return len(np.unique(self.groups))

    def prepared(self, gamma: float = 1.0, *, transform: str = "yeo_johnson") -> MixedSample:
        """Return the rows as a fit prepares them."""
        scaled = self.numbers
        if scaled.shape[1]:
            scaled = FeaturePreprocessor(transformation=transform).fit_transform(self.numbers)
        counts = tuple(int(column.max()) + 1 for column in self.codes.T)
        return MixedSample(scaled, self.codes, counts, gamma)


def planted_world(seed: int, kind: str, *, rows: int, groups: int | None = None) -> PlantedWorld:
    """Draw a world.

    Parameters
    ----------
    seed : int
    kind : {"mixed", "numbers", "categories"}
        Which features the customers have.
    rows : int
    groups : int, optional
        From 2 to 7 if not given; 1 is a continuum.
    """
    random = np.random.default_rng([seed, KINDS.index(kind), rows, groups or 0])
    k = int(random.integers(2, 8)) if groups is None else groups
    shares = _shares(random, k)
    of_row = random.choice(k, rows, p=shares)
    n_numbers = {"mixed": (2, 5), "numbers": (3, 5), "categories": (0, 1)}[kind]
    n_categories = {"mixed": (2, 7), "numbers": (0, 1), "categories": (4, 9)}[kind]
    return PlantedWorld(
        numbers=_numbers(random, of_row, k, int(random.integers(*n_numbers)), kind),
        codes=_codes(random, of_row, k, int(random.integers(*n_categories))),
        groups=of_row,
    )


def _shares(random: np.random.Generator, k: int) -> Matrix:
    """Return equal shares, or unequal ones of at least 5 %."""
    if random.random() < 0.5:
        return np.full(k, 1 / k)
    shares: Matrix = 0.05 + (1 - 0.05 * k) * random.dirichlet(np.full(k, 2.0))
    return shares


def _numbers(random: np.random.Generator, of_row: Codes, k: int, p: int, kind: str) -> Matrix:
    if not p:
        return np.zeros((len(of_row), 0))
    widest, strongest = (5.5, 0.6) if kind == "numbers" else (4.5, 0.4)
    centers = random.normal(size=(k, p))
    if k > 1:
        apart = np.linalg.norm(centers[:, None] - centers[None], axis=2)
        centers *= random.uniform(2.5, widest) / apart[np.triu_indices(k, 1)].mean()
    shape, shared = str(random.choice(["normal", "heavy", "skewed"])), random.uniform(0, strongest)
    common = _noise(random, shape, (len(of_row), 1))
    own = _noise(random, shape, (len(of_row), p))
    amounts: Matrix = np.exp(
        0.8 * (centers[of_row] + np.sqrt(shared) * common + np.sqrt(1 - shared) * own)
    )
    if random.random() < 0.5:
        amounts[:, 0] = np.round(3 * amounts[:, 0]) + 1
    if random.random() < 0.3:
        amounts[:, 1] = np.minimum(amounts[:, 1], np.quantile(amounts[:, 1], 0.93))
    return amounts


def _noise(random: np.random.Generator, shape: str, size: tuple[int, int]) -> Matrix:
    """Return noise of mean 0 and variance 1."""
    if shape == "heavy":
        return random.standard_t(6, size) / np.sqrt(1.5)
    if shape == "skewed":
        return (random.gamma(4.0, size=size) - 4) / 2
    return random.normal(size=size)


def _codes(random: np.random.Generator, of_row: Codes, k: int, q: int) -> Codes:
    codes = np.zeros((len(of_row), q), dtype=np.intp)
    for j in range(q):
        levels = int(random.integers(2, 7))
        shares = np.tile(random.dirichlet(np.full(levels, 1.5)), (k, 1))
        dominance = random.uniform(0.4, 0.85)
        if k > 1 and random.random() < 0.75:
            dominant = np.r_[random.permutation(levels), random.integers(levels, size=k)][:k]
            shares = (1 - dominance) * shares + dominance * np.eye(levels)[dominant]
        passed = random.random(len(of_row))[:, None] > shares[of_row].cumsum(axis=1)
        codes[:, j] = np.minimum(passed.sum(axis=1), levels - 1)
    return codes
