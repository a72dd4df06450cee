"""K-Prototypes: never worse than kmodes, right in weights and ties, at home in scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fewer_examples import fewer_examples
from hypothesis import given
from hypothesis import strategies as st
from kmodes.kprototypes import KPrototypes as ReferenceKPrototypes
from segmentation import KPrototypes
from segmentation.clustering.kprototypes.distinct_rows import joint_codes
from segmentation.clustering.kprototypes.search import PrototypeFit, PrototypeSearch, fit_prototypes
from segmentation.features.mixed_sample import numbers_only
from segmentation.scoring.prototypes import from_centers
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import parametrize_with_checks


# Some checks fit four distinct rows with the default of eight clusters.
@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
@parametrize_with_checks(
    [
        KPrototypes(n_init=1),
        KPrototypes(init="random", gamma=2.0, n_init=2, categorical_features=[0]),
    ]
)
def test_keeps_to_scikit_learns_conventions(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
@parametrize_with_checks([KPrototypes(categorical_features=[0])])
def test_keeps_to_them_with_gamma_from_the_data(estimator: Any, check: Any) -> None:
    """Each fit of numbers and a category fits six pilots for gamma."""
    check(estimator)


def few_seeds_of(count: int) -> pytest.MarkDecorator:
    """Return seeds for a comparison with a dear reference: all but two are for long runs."""
    seeds = [*range(2), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, count))]
    return pytest.mark.parametrize("seed", seeds)


def planted(
    seed: int, n: int, p: int, cards: Sequence[int], k: int, spread: float = 2.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers and codes of overlapping groups."""
    random = np.random.default_rng([seed, n])
    group = random.integers(k, size=n)
    numbers = random.normal(0, spread, (k, p))[group] + random.standard_normal((n, p))
    codes = [
        np.where(random.random(n) < 0.6, (group * (j + 1)) % count, random.integers(count, size=n))
        for j, count in enumerate(cards)
    ]
    return numbers, np.array(codes, dtype=int).reshape(len(cards), n).T


SEARCH = PrototypeSearch(gamma=None, n_init=3, max_iter=100, tol=0.0, random_state=0)


def fitted(
    numbers: np.ndarray,
    codes: np.ndarray,
    k: int,
    sample_weight: np.ndarray | None = None,
    **settings: Any,
) -> PrototypeFit:
    counts = [int(column.max()) + 1 for column in codes.T]
    return fit_prototypes(numbers, codes, counts, k, replace(SEARCH, **settings), sample_weight)


def brute_force(
    numbers: np.ndarray, codes: np.ndarray, centers: np.ndarray, modes: np.ndarray, gamma: float
) -> np.ndarray:
    return np.array(
        [
            [
                ((row - center) ** 2).sum() + gamma * (of_row != mode).sum()
                for center, mode in zip(centers, modes, strict=True)
            ]
            for row, of_row in zip(numbers, codes, strict=True)
        ]
    )


def mixed(seed: int = 5, n: int = 200) -> pd.DataFrame:
    numbers, codes = planted(seed, n, 2, [3, 4], 4)
    return pd.DataFrame(
        {
            "age": numbers[:, 0],
            "home": np.array(["flat", "house", "boat"])[codes[:, 0]],
            "spend": numbers[:, 1],
            "plan": np.array(["a", "b", "c", "d"])[codes[:, 1]],
        }
    )


class TestAgainstKmodes:
    """The package kmodes is the oracle: the same cost function, an older search."""

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("n", "p", "cards", "k"),
        [
            (60, 2, [2, 3], 3),
            (150, 1, [4, 4, 4], 4),
            (120, 4, [9, 5, 3, 2, 2], 6),
            (400, 3, [2], 5),
        ],
    )
    @few_seeds_of(8)
    def test_the_cost_is_no_higher(
        self, seed: int, n: int, p: int, cards: list[int], k: int
    ) -> None:
        numbers, codes = planted(seed, n, p, cards, k)
        table = np.column_stack([numbers, codes]).astype(object)
        with warnings.catch_warnings():
            # Its categories come back as an array that NumPy warns about.
            warnings.simplefilter("ignore")
            reference = ReferenceKPrototypes(k, n_init=5, random_state=seed).fit(
                table, categorical=list(range(p, p + len(cards)))
            )
        ours = fitted(numbers, codes, k, n_init=5, random_state=seed)
        assert ours.gamma == pytest.approx(reference.gamma, rel=1e-12)
        assert ours.cost <= reference.cost_ * (1 + 1e-7)

    @pytest.mark.parametrize("seed", range(3))
    def test_from_the_same_prototypes(self, seed: int) -> None:
        """Both go down from there; the cost that either states is that of its prototypes."""
        numbers, codes = planted(seed, 100, 2, [3, 2], 3)
        start = (numbers[:3], codes[:3])
        ours = fitted(numbers, codes, 3, gamma=0.7, init=start)
        apart = brute_force(numbers, codes, ours.centers, ours.modes, 0.7)
        assert ours.cost == pytest.approx(apart.min(axis=1).sum(), rel=1e-12)
        assert ours.cost <= brute_force(numbers, codes, *start, 0.7).min(axis=1).sum()
        assert ours.converged


@few_seeds_of(5)
def test_without_categories_it_is_k_means(seed: int) -> None:
    numbers, codes = planted(seed, 300, 3, [], 5)
    reference = KMeans(5, n_init=10, random_state=seed).fit(numbers)
    ours = KPrototypes(5, n_init=10, random_state=seed).fit(numbers)
    assert ours.cost_ <= reference.inertia_ * (1 + 1e-9)
    assert ours.modes_.shape == (5, 0)
    assert fitted(numbers, codes, 5, n_init=10, random_state=seed).cost == ours.cost_


def test_without_numbers_it_is_k_modes() -> None:
    _, codes = planted(0, 300, 0, [3, 4, 2], 4)
    found = fitted(np.zeros((300, 0)), codes, 4)
    assert found.gamma == 1.0
    apart = (codes[:, None, :] != found.modes[None]).sum(axis=2)
    assert found.cost == apart.min(axis=1).sum()
    for cluster in range(4):
        for j, column in enumerate(codes[found.labels == cluster].T):
            assert found.modes[cluster, j] == np.bincount(column).argmax()


class TestPrototypes:
    """What comes out: where prototypes lie, and who belongs to which."""

    @pytest.mark.parametrize("seed", range(5))
    def test_are_means_and_modes_of_the_nearest_rows(self, seed: int) -> None:
        numbers, codes = planted(seed, 250, 2, [3, 5], 4)
        found = fitted(numbers, codes, 4, random_state=seed)
        apart = brute_force(numbers, codes, found.centers, found.modes, found.gamma)
        np.testing.assert_array_equal(found.labels, apart.argmin(axis=1))
        assert found.cost == pytest.approx(apart.min(axis=1).sum(), rel=1e-12)
        for cluster in range(4):
            inside = found.labels == cluster
            np.testing.assert_allclose(
                found.centers[cluster], numbers[inside].mean(axis=0), rtol=1e-10, atol=1e-12
            )
            for j, column in enumerate(codes[inside].T):
                assert found.modes[cluster, j] == np.bincount(column).argmax()

    def test_no_row_would_lower_the_cost_elsewhere(self) -> None:
        """A descent rests where no distance says move; moves that pay off all the same are made."""
        # From 0 and 10 all rows are nearest to where they are, yet moving the 4 to the other
        # cluster lowers the cost: 4 * 4/3 * ... as the prototypes would follow.
        numbers = np.array([[0.0], [0.0], [0.0], [4.9], [10.0], [10.0], [10.0], [10.0]])
        codes = np.zeros((8, 0), dtype=int)
        found = fitted(numbers, codes, 2)
        best = min(
            sum(((part - part.mean()) ** 2).sum() for part in np.split(numbers[:, 0], [cut]))
            for cut in range(1, 8)
        )
        assert found.cost == pytest.approx(best)

    def test_of_equally_frequent_categories_the_smaller_code(self) -> None:
        codes = np.array([[2], [1], [2], [1], [0]])
        assert fitted(np.zeros((5, 1)), codes, 1, gamma=1.0).modes.tolist() == [[1]]

    def test_of_equally_near_prototypes_the_lower_number(self) -> None:
        table = pd.DataFrame({"x": [0.0, 2.0], "y": ["a", "a"]})
        for start in (table, table[::-1]):
            model = KPrototypes(2, init=start, gamma=1.0).fit(table)
            assert model.predict(pd.DataFrame({"x": [1.0], "y": ["b"]})).tolist() == [0]

    def test_ties_are_broken_as_the_engine_breaks_them(self) -> None:
        random = np.random.default_rng(0)
        rows = random.integers(0, 4, (400, 3)) / 10
        model = KPrototypes(5, random_state=0, categorical_features=None).fit(rows)
        everywhere = random.integers(-9, 9, (2000, 3)) / 20
        engines = from_centers(model.cluster_centers_).assign(numbers_only(everywhere))
        np.testing.assert_array_equal(model.predict(everywhere), engines)

    def test_large_values_with_small_differences(self) -> None:
        numbers, codes = planted(1, 200, 2, [3], 3)
        near = fitted(numbers, codes, 3, gamma=1.0)
        far = fitted(numbers + 1e9, codes, 3, gamma=1.0)
        assert far.cost == pytest.approx(near.cost, rel=1e-5)
        np.testing.assert_array_equal(far.labels, near.labels)

    def test_as_many_clusters_as_there_are_distinct_rows(self) -> None:
        numbers = np.repeat([[0.0], [1.0], [2.0], [1e6]], [50, 50, 1, 1], axis=0)
        codes = np.tile([[0], [1]], (51, 1))
        distinct = len(np.unique(np.column_stack([numbers, codes]), axis=0))
        for k in range(1, distinct + 1):
            for max_iter in (1, 100):
                found = fitted(numbers, codes, k, gamma=1e-9, max_iter=max_iter)
                assert len(np.unique(found.labels)) == k
        assert found.cost == 0.0

    def test_an_empty_cluster_takes_a_far_row(self) -> None:
        numbers = np.array([[0.0], [0.1], [5.0], [5.1], [20.0]])
        codes = np.zeros((5, 0), dtype=int)
        start = (np.array([[0.0], [1000.0], [2000.0]]), np.zeros((3, 0), dtype=int))
        found = fitted(numbers, codes, 3, init=start)
        assert sorted(np.bincount(found.labels).tolist()) == [1, 2, 2]

    def test_fewer_distinct_rows_than_clusters(self) -> None:
        table = pd.DataFrame({"x": [1.0, 1.0, 2.0], "y": ["a", "a", "b"]})
        with pytest.warns(ConvergenceWarning, match=r"\(2\) found smaller than n_clusters \(3\)"):
            model = KPrototypes(3, n_init=1, random_state=0).fit(table)
        assert model.cost_ == 0.0
        assert len(np.unique(model.labels_)) == 2
        assert model.cluster_centers_.shape == (3, 1)

    @pytest.mark.parametrize("counts", [[2, 3], [300] * 9, [2**40, 2**40, 3], []])
    def test_joint_codes_stand_for_combinations(self, counts: list[int]) -> None:
        """Nine columns of 300 categories, or two of a million millions, are beyond 64 bits."""
        random = np.random.default_rng(2)
        few = [random.integers(0, count, 4)[random.integers(0, 4, 250)] for count in counts]
        codes = np.array(few, dtype=int).reshape(len(counts), 250).T
        joint, patterns = joint_codes(codes, counts)
        np.testing.assert_array_equal(patterns[joint], codes)
        assert len(np.unique(patterns, axis=0)) == len(patterns) <= 250

    def test_a_column_of_names_is_no_hindrance(self) -> None:
        """A category per row in two columns: 62,500 combinations, of which 250 are there."""
        numbers, _ = planted(0, 250, 2, [], 3)
        names = np.arange(250)
        codes = np.column_stack([names, names[::-1]])
        found = fitted(numbers, codes, 3)
        apart = brute_force(numbers, codes, found.centers, found.modes, found.gamma)
        assert found.cost == pytest.approx(apart.min(axis=1).sum(), rel=1e-12)

    @pytest.mark.parametrize("seed", range(3))
    def test_clusters_are_numbered_from_the_heaviest(self, seed: int) -> None:
        numbers, codes = planted(seed, 200, 2, [3], 4)
        sizes = np.bincount(fitted(numbers, codes, 4, random_state=seed).labels)
        assert sizes.tolist() == sorted(sizes.tolist(), reverse=True)


class TestWeights:
    """Weight 2 is the row twice, weight 0 is no row."""

    @pytest.mark.parametrize("seed", range(5))
    def test_are_repeats(self, seed: int) -> None:
        numbers, codes = planted(seed, 150, 2, [3, 4], 4)
        weights = np.random.default_rng(seed).integers(0, 4, 150)
        weighted = fitted(numbers, codes, 4, sample_weight=weights, random_state=seed)
        repeated = fitted(
            np.repeat(numbers, weights, axis=0),
            np.repeat(codes, weights, axis=0),
            4,
            random_state=seed,
        )
        assert weighted.gamma == repeated.gamma
        assert weighted.cost == repeated.cost
        np.testing.assert_array_equal(weighted.centers, repeated.centers)
        np.testing.assert_array_equal(weighted.modes, repeated.modes)
        np.testing.assert_array_equal(np.repeat(weighted.labels, weights), repeated.labels)

    def test_are_repeats_in_tables_with_missing_values(self) -> None:
        table = mixed()
        table.loc[::7, "age"] = np.nan
        table.loc[::5, "plan"] = None
        weights = np.random.default_rng(3).integers(0, 3, len(table))
        weighted = KPrototypes(4, n_init=1, random_state=0).fit(table, sample_weight=weights)
        repeated = KPrototypes(4, n_init=1, random_state=0).fit(
            table.loc[table.index.repeat(weights)]
        )
        assert weighted.cost_ == repeated.cost_
        np.testing.assert_array_equal(weighted.predict(table), repeated.predict(table))
        np.testing.assert_array_equal(weighted.labels_, weighted.predict(table))
        assert repeated.score(table, sample_weight=weights) == pytest.approx(-repeated.cost_)

    def test_a_row_of_no_weight_brings_no_category(self) -> None:
        table = pd.DataFrame({"x": [0.0, 1.0, 2.0], "y": ["a", "b", "never"]})
        model = KPrototypes(2, n_init=1, random_state=0, gamma=0.1).fit(
            table, sample_weight=[1, 1, 0]
        )
        assert model.categories_[0].tolist() == ["a", "b"]
        assert model.labels_[2] == model.labels_[1]

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            ([1.0, -2.0, 1.0], r"-2\.0 at row 1"),
            ([1.0, np.nan, 1.0], "nan at row 1"),
            ([0.0, 0.0, 0.0], "zero"),
            ([1.0, 1.0], "one weight for each of 3 rows"),
        ],
    )
    def test_that_are_wrong(self, weights: list[float], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            KPrototypes(2).fit(np.arange(3.0)[:, None], sample_weight=weights)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_order_of_rows_does_not_matter(weighted: bool) -> None:
    numbers, codes = planted(4, 300, 2, [3, 4], 4)
    numbers = numbers.round(1)
    weights = np.random.default_rng(0).random(300) if weighted else np.ones(300)
    there = fitted(numbers, codes, 4, sample_weight=weights)
    order = np.random.default_rng(1).permutation(300)
    back = fitted(numbers[order], codes[order], 4, sample_weight=weights[order])
    assert back.cost == there.cost
    np.testing.assert_array_equal(back.centers, there.centers)
    np.testing.assert_array_equal(back.modes, there.modes)
    np.testing.assert_array_equal(back.labels, there.labels[order])


@pytest.mark.long
def test_the_same_seed_is_the_same_fit_and_more_restarts_are_never_worse() -> None:
    numbers, codes = planted(8, 200, 2, [3, 3], 6, spread=1.0)
    costs = [fitted(numbers, codes, 7, n_init=n, random_state=3).cost for n in (1, 2, 4, 8)]
    assert costs == sorted(costs, reverse=True)
    again = fitted(numbers, codes, 7, n_init=8, random_state=3)
    assert again.cost == costs[-1]
    random = np.random.RandomState(3)
    assert fitted(numbers, codes, 7, n_init=8, random_state=random).cost == costs[-1]


class TestTables:
    """Columns of every type, and values that are missing or new."""

    @pytest.mark.long
    def test_columns_by_type_name_place_and_mask_are_the_same(self) -> None:
        table = mixed()
        choices: list[Any] = ["from_dtype", ["home", "plan"], [1, 3], [False, True, False, True]]
        models = [
            KPrototypes(4, n_init=1, random_state=0, categorical_features=choice).fit(table)
            for choice in choices
        ]
        models += [
            KPrototypes(4, n_init=1, random_state=0, categorical_features=[1, 3]).fit(values)
            for values in (table.astype(object).to_numpy(), table.to_numpy().tolist())
        ]
        for model in models:
            assert model.cost_ == models[0].cost_
            np.testing.assert_array_equal(model.labels_, models[0].labels_)
            np.testing.assert_array_equal(model.modes_, models[0].modes_)
        assert models[0].feature_names_in_.tolist() == list(table)
        assert models[0].is_categorical_.tolist() == [False, True, False, True]
        assert models[0].get_feature_names_out().tolist() == [f"kprototypes{i}" for i in range(4)]

    @pytest.mark.parametrize("kind", ["object", "category", "string[python]", "string[pyarrow]"])
    def test_every_type_of_text(self, kind: str) -> None:
        table = mixed()
        expected = KPrototypes(3, n_init=1, random_state=1).fit(table)
        as_kind = table.astype({"home": kind, "plan": kind})
        found = KPrototypes(3, n_init=1, random_state=1).fit(as_kind)
        assert found.cost_ == expected.cost_
        np.testing.assert_array_equal(found.modes_, expected.modes_)
        assert type(found.modes_[0, 0]) is str
        np.testing.assert_array_equal(expected.predict(as_kind), expected.labels_)

    def test_truth_values_are_categories_and_nullable_numbers_are_numbers(self) -> None:
        table = pd.DataFrame(
            {
                "a": pd.array([1, 2, None, 4, 5], dtype="Int64"),
                "b": [True, False, True, False, True],
                "c": pd.array([True, None, True, False, True], dtype="boolean"),
            }
        )
        model = KPrototypes(2, n_init=1, random_state=0).fit(table)
        assert model.is_categorical_.tolist() == [False, True, True]
        assert [of_column.tolist() for of_column in model.categories_] == [[False, True]] * 2

    def test_predict_and_transform_agree_with_the_formula(self) -> None:
        table = mixed()
        model = KPrototypes(4, n_init=1, random_state=0).fit(table)
        apart = brute_force(
            table[["age", "spend"]].to_numpy(),
            table[["home", "plan"]].to_numpy(object),
            model.cluster_centers_,
            model.modes_,
            model.gamma_,
        )
        np.testing.assert_allclose(model.transform(table), np.sqrt(apart))
        np.testing.assert_array_equal(model.predict(table), apart.argmin(axis=1))
        np.testing.assert_array_equal(model.labels_, model.predict(table))
        assert model.cost_ == pytest.approx(apart.min(axis=1).sum())
        assert model.score(table) == pytest.approx(-model.cost_)
        np.testing.assert_array_equal(
            KPrototypes(4, n_init=1, random_state=0).fit_predict(table), model.labels_
        )

    def test_missing_values_take_what_is_usual(self) -> None:
        table = pd.DataFrame(
            {
                "x": [0.0, 1.0, 3.0, 10.0, np.nan],
                "y": ["b", "a", "a", "b", None],
            }
        )
        model = KPrototypes(2, n_init=1, random_state=0, gamma=1.0).fit(table)
        usual = pd.DataFrame({"x": [2.0], "y": ["a"]})
        for missing in (None, np.nan, pd.NA):
            unknown = pd.DataFrame({"x": [np.nan], "y": pd.Series([missing], dtype=object)})
            np.testing.assert_array_equal(model.transform(unknown), model.transform(usual))
        assert model.categories_[0].tolist() == ["a", "b"]
        weighted = KPrototypes(2, n_init=1, random_state=0).fit(
            table, sample_weight=[1, 1, 1, 4, 1]
        )
        np.testing.assert_array_equal(
            weighted.transform(table[4:]),
            weighted.transform(pd.DataFrame({"x": [10.0], "y": ["b"]})),
        )

    def test_columns_that_are_missing_altogether(self) -> None:
        table = pd.DataFrame(
            {
                "x": [np.nan, np.nan, np.nan],
                "y": pd.Series([None] * 3, dtype=object),
                "z": [1, 2, 9],
            }
        )
        model = KPrototypes(2, n_init=1, random_state=0).fit(table)
        assert model.categories_[0].tolist() == [None]
        assert model.cluster_centers_[:, 0].tolist() == [0.0, 0.0]
        assert np.isfinite(model.transform(table)).all()

    def test_a_category_not_seen_in_fit_differs_from_every_mode(self) -> None:
        table = mixed()
        model = KPrototypes(4, n_init=1, random_state=0).fit(table)
        new = table.assign(home="castle")
        numbers = table[["age", "spend"]].to_numpy()
        apart = brute_force(
            numbers,
            new[["home", "plan"]].to_numpy(object),
            model.cluster_centers_,
            model.modes_,
            model.gamma_,
        )
        np.testing.assert_allclose(model.transform(new), np.sqrt(apart))
        np.testing.assert_array_equal(model.predict(new), apart.argmin(axis=1))

    def test_categories_of_several_types_are_in_a_written_order(self) -> None:
        values = ["b", 2, "a", 1.5, ("x", 1), None, 2.0, True]
        table = pd.DataFrame({"x": np.arange(8.0), "y": pd.Series(values, dtype=object)})
        model = KPrototypes(2, n_init=1, random_state=0).fit(table)
        assert model.categories_[0].tolist() == [True, 1.5, 2, "a", "b", ("x", 1)]

    def test_starts_from_given_prototypes(self) -> None:
        table = mixed()
        model = KPrototypes(2, init=table[:2], gamma=1.0, max_iter=1).fit(table)
        again = KPrototypes(2, init=table[:2].to_numpy(object), gamma=1.0, max_iter=1).fit(table)
        assert model.cost_ == again.cost_
        assert model.n_iter_ == 1
        with pytest.raises(ValueError, match="init has the category 'castle' in column home"):
            KPrototypes(2, init=table[:2].assign(home="castle")).fit(table)
        with pytest.raises(ValueError, match="init has shape"):
            KPrototypes(3, init=table[:2]).fit(table)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_clusters": 0}, "n_clusters is 0"),
        ({"n_clusters": 201}, "n_samples=200 should be >= n_clusters=201"),
        ({"n_init": 0}, "n_init is 0"),
        ({"max_iter": 0}, "max_iter is 0"),
        ({"tol": -1.0}, r"tol is -1\.0"),
        ({"gamma": -1.0}, r"gamma is -1\.0"),
        ({"gamma": np.nan}, "gamma is nan"),
        ({"init": "Huang"}, "init is 'Huang'"),
        ({"categorical_features": "all"}, "categorical_features is 'all'"),
        ({"categorical_features": ["home", "hat"]}, r"\['hat'\], which X does not have"),
        ({"categorical_features": [1, 9]}, r"places \[9\]"),
        ({"categorical_features": [True]}, "a mask of 1 for 4 features"),
        ({"categorical_features": ["plan"]}, "Column home holds something that is no number"),
        ({"categorical_features": [["home"]]}, "2 dimensions"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        KPrototypes(**settings).fit(mixed())


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([1.0, np.inf, 2.0], "X holds infinity in column x"),
        ([1.0, 1e200, 2.0], "beyond ±1e"),
        (pd.to_datetime(["2025-01-01", "2025-01-02", "2025-01-03"]), "Column x holds dates"),
    ],
)
def test_numbers_that_cannot_be(column: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        KPrototypes(2).fit(pd.DataFrame({"x": column, "y": ["a", "b", "a"]}))


def test_values_that_cannot_be_categories() -> None:
    table = pd.DataFrame({"y": [["a"], ["b"], ["a"]]})
    with pytest.raises(TypeError, match="Column y holds values that cannot be categories"):
        KPrototypes(2).fit(table)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"codes": np.array([[0], [3], [1]])}, "outside 0 to 1 in column 0"),
        ({"codes": np.array([[0], [1]])}, "need the same rows"),
        ({"numbers": np.array([[0.0], [np.nan], [1.0]])}, "numbers holds NaN"),
        (
            {"search": replace(SEARCH, init=(np.zeros((1, 1)), np.zeros((2, 1), dtype=int)))},
            "init has the shapes",
        ),
        ({"search": replace(SEARCH, init="Cao")}, "init is 'Cao'"),
    ],
)
def test_arrays_that_cannot_be(changed: dict[str, Any], message: str) -> None:
    given = {
        "numbers": np.array([[0.0], [2.0], [1.0]]),
        "codes": np.array([[0], [1], [1]]),
        "category_counts": [2],
        "n_clusters": 2,
        "search": SEARCH,
    }
    with pytest.raises(ValueError, match=message):
        fit_prototypes(**(given | changed))


CATEGORY = st.none() | st.booleans() | st.integers(-2, 2) | st.text(max_size=2)
NUMBER = st.none() | st.floats(-1e3, 1e3) | st.sampled_from([-1e9, 1e12]) | st.integers(-3, 3)


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Draw a table of numeric and categorical columns, with missing values."""
    n = draw(st.integers(1, 25))
    numeric = draw(st.integers(0, 3))
    categorical = draw(st.integers(0 if numeric else 1, 2))
    columns: dict[str, pd.Series] = {}
    for j in range(numeric):
        column = draw(st.lists(NUMBER, min_size=n, max_size=n))
        columns[f"number_{j}"] = pd.Series(column, dtype=float)
    for j in range(categorical):
        column = draw(st.lists(CATEGORY, min_size=n, max_size=n))
        columns[f"category_{j}"] = pd.Series(column, dtype=object)
    return pd.DataFrame(columns)


@pytest.mark.long
@fewer_examples(0.4)
@given(
    table=tables(),
    k=st.integers(1, 6),
    gamma=st.none() | st.floats(0, 1e6),
    init=st.sampled_from(["k-means++", "random"]),
)
def test_any_table_of_numbers_and_categories(
    table: pd.DataFrame, k: int, gamma: float | None, init: str
) -> None:
    k = min(k, len(table))
    model = KPrototypes(k, n_init=1, gamma=gamma, init=init, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(table)
    assert np.isfinite(model.cost_)
    apart = model.transform(table) ** 2
    chosen = apart[np.arange(len(table)), model.labels_]
    assert model.cost_ == pytest.approx(chosen.sum(), rel=1e-9, abs=1e-9)
    np.testing.assert_array_equal(model.labels_, model.predict(table))
    # What is compared are sums of squares as large as these: differences beyond their 15th digit
    # may fall either way.
    numbers = table.select_dtypes(float).fillna(0.0).to_numpy()
    largest = np.square(model.cluster_centers_).sum() + np.square(numbers).sum(axis=1).max()
    rounding = 1e-14 * (largest + model.gamma_)
    assert (chosen <= apart.min(axis=1) * (1 + 1e-12) + rounding).all()


@fewer_examples(0.6)
@given(
    codes=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=30),
    k=st.integers(1, 5),
    seed=st.integers(0, 100),
)
def test_ties_of_whole_numbers_are_exact(codes: list[tuple[int, int]], k: int, seed: int) -> None:
    """Where every distance is a whole number, labels are the first of the nearest prototypes."""
    rows = np.array(codes)
    numbers = np.zeros((len(rows), 0))
    k = min(k, len(rows))
    search = replace(SEARCH, gamma=1.0, n_init=1, random_state=seed)
    found = fit_prototypes(numbers, rows, [3, 4], k, search)
    apart = brute_force(numbers, rows, found.centers, found.modes, 1.0)
    np.testing.assert_array_equal(found.labels, apart.argmin(axis=1))
    assert found.cost == apart.min(axis=1).sum()
    assert len(np.unique(found.labels)) == min(k, len(np.unique(rows, axis=0)))
