"""Which options are fitted: another value of those refits, of the others it never does."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
from typing import Any

import pytest
from segmentation.classification import ClassifierOptions
from segmentation.clustering.options import SegmentationOptions
from segmentation.lifetime_value.options import LifetimeValueOptions
from segmentation.registry.header import FitRequest, FittedContent, ModelHeader
from segmentation.registry.option_groups import FitConfiguration, OptionGroup, Options
from segmentation.registry.run import Run

SETTINGS: dict[type[Options], dict[str, Any]] = {
    SegmentationOptions: {
        "features": ["age", "income"],
        "categorical_features": ["gender"],
        "k": "auto",
        "auto_k_from": 3,
    },
    ClassifierOptions: {"features": ["age", "gender"]},
    LifetimeValueOptions: {},
}
# Every option, another value of it, and whether that is another fit.
KINDS: dict[type[Options], dict[str, tuple[Any, bool]]] = {
    SegmentationOptions: {
        "features": (["age"], True),
        "categorical_features": (["gender", "education"], True),
        "sample_rows": (1_000, True),
        "trims": ({"age": [18, None]}, True),
        "imputation": ("mice", True),
        "outliers": ("clip", True),
        "outlier_factor": (3.0, True),
        "winsorized_share": (0.01, True),
        "floors": ({"income": 0}, True),
        "transform": ({"income": "log"}, True),
        "scaling": ("min_max", True),
        "algorithm": ("kprototypes", True),
        "gamma": (0.5, True),
        "seed": (1, True),
        "n_init": (3, True),
        "max_passes": (3, True),
        "tolerance": (0.01, True),
        "k": ({"kmeans": 5}, True),
        "scan_from": (3, True),
        "scan_to": (9, True),
        "auto_k_from": (2, True),
        "auto_k_to": (7, True),
        "stability_resamples": (10, True),
        "scan_rows": (1_000, True),
        "scan_n_init": (3, True),
        "null_draws": (30, True),
        "null_rows": (500, True),
        "states": (True, True),
        "min_segment_share": (0.05, True),
        "compared_algorithms": (["kmeans"], False),
        "compared_rows": (100, False),
        "compared_n_init": (1, False),
        "compared_resamples": (5, False),
        "naming_limit": (0.75, False),
        "carry_over_share": (0.3, False),
        "carry_over_limit": (0.25, False),
        "carry_over": (False, False),
        "gate_stability": (None, False),
        "gate_stability_loss": (0.2, False),
        "gate_silhouette_loss": (0.2, False),
        "gate_agreement": (0.7, False),
        "gate_smallest_share": (None, False),
        "gate_names": (False, False),
    },
    ClassifierOptions: {
        "features": (["age"], True),
        "ordered_categories": ({"gender": ["female", "male"]}, True),
        "candidates": (["logistic_regression"], True),
        "exclude_shared_identities": (True, True),
        "seed": (1, True),
        "folds": (3, True),
        "repeats": (1, True),
        "tuning_folds": (2, True),
        "tuning_rows": (1_000, True),
        "judged_rows": (1_000, True),
        "criterion": ("macro_f1", True),
        "importance_repeats": (1, False),
        "leak_gap": (0.1, False),
        "leak_accuracy": (0.9, False),
        "gate_segments": (None, False),
        "gate_skill_loss": (0.2, False),
        "gate_log_loss": (0.1, False),
    },
    LifetimeValueOptions: {
        "purchase_model": ("bg_nbd", True),
        "combine": (False, True),
        "seed": (1, True),
        "gradient_boosting": (False, False),
        "lifetime_years": (5, False),
        "discount_rate": (0.05, False),
        "new_within_days": (14, False),
        "interval": (0.8, False),
        "gate_models": (False, False),
        "gate_likelihood_loss": (0.1, False),
        "gate_skill_loss": (None, False),
    },
}
DAY = datetime.date(2025, 12, 31)
COUNTED = '{"early_days": "30"}'


def configuration(kind: type[Options], counted: str = "", **changed: Any) -> FitConfiguration:
    return FitConfiguration(kind.from_mapping(SETTINGS[kind], changed), counted)


def model(options: str, fit_hash: str) -> ModelHeader:
    request = FitRequest("value", Run("sample", "default", DAY, 365), "it was asked for")
    return request.header(options, fit_hash, FittedContent("kmeans", 4, [], [], b"", ""))


def made_by(fitted: FitConfiguration) -> ModelHeader:
    return model(fitted.options.as_json(), fitted.fit_hash)


def made_by_version_0_1(fitted: FitConfiguration) -> ModelHeader:
    """Return a model whose hash is of all options, as they stood in one dataclass."""
    written = fitted.options.as_json()
    digest = hashlib.sha256(f"{written}{fitted.counted}".encode()).hexdigest()
    return model(written, digest[:16])


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_is_said_to_be_fitted_or_not(kind: type[Options]) -> None:
    assert list(KINDS[kind]) == kind.option_names()
    assert list(json.loads(configuration(kind).options.as_json())) == sorted(KINDS[kind])
    groups: list[type[OptionGroup]] = list(kind.groups())
    for group in groups:
        said = {KINDS[kind][field.name][1] for field in dataclasses.fields(group)}  # type: ignore[arg-type]
        assert said == {group.IS_FITTED}


@pytest.mark.parametrize("made", [made_by, made_by_version_0_1])
@pytest.mark.parametrize(
    ("kind", "option"), [(kind, option) for kind, options in KINDS.items() for option in options]
)
def test_only_another_fitted_option_is_another_fit(
    made: Any, kind: type[Options], option: str
) -> None:
    other, is_fitted = KINDS[kind][option]
    now, changed = configuration(kind), configuration(kind, **{option: other})
    assert now.options != changed.options
    assert (now.fit_hash != changed.fit_hash) == is_fitted
    assert now.made(made(now))
    assert changed.made(made(now)) == (not is_fitted)


@pytest.mark.parametrize("made", [made_by, made_by_version_0_1])
def test_what_features_count_is_part_of_a_fit(made: Any) -> None:
    now = configuration(ClassifierOptions, COUNTED)
    assert now.made(made(now))
    assert not now.made(made(configuration(ClassifierOptions, '{"early_days": "14"}')))
    assert not now.made(made(configuration(ClassifierOptions)))


def made_by_a_version_without(option: str, fitted: FitConfiguration) -> ModelHeader:
    """Return a model of a version that hashed what it fitted, and lacked an option."""
    written = json.loads(fitted.options.as_json())
    of_fit = {
        name: value
        for name, value in written.items()
        if KINDS[type(fitted.options)][name][1] and name != option
    }
    written.pop(option)
    hashed = f"{json.dumps({**of_fit, 'retired': 1}, sort_keys=True)}{fitted.counted}"
    digest = hashlib.sha256(hashed.encode()).hexdigest()[:16]
    return model(json.dumps({**written, "retired": 1}, sort_keys=True), digest)


def test_options_that_came_or_went_refit_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClassifierOptions, "ADDED_LATER", {"folds": 5})
    now = configuration(ClassifierOptions, COUNTED)
    assert now.made(made_by_a_version_without("folds", now))
    changed = configuration(ClassifierOptions, COUNTED, folds=3)
    assert not changed.made(made_by_a_version_without("folds", now))
    other = configuration(ClassifierOptions, '{"early_days": "14"}')
    assert not other.made(made_by_a_version_without("folds", now))


def with_gamma_null(**changed: Any) -> ModelHeader:
    """Return a model of the version whose default gamma was null."""
    written = json.loads(configuration(SegmentationOptions, **changed).options.as_json())
    options = json.dumps({**written, "gamma": None}, sort_keys=True)
    return model(options, hashlib.sha256(options.encode()).hexdigest()[:16])


def test_gamma_null_of_an_earlier_version_is_half_the_mean_deviation() -> None:
    by_name = configuration(SegmentationOptions, gamma="half_mean_deviation")
    assert by_name == configuration(SegmentationOptions, gamma=None)
    assert by_name.made(with_gamma_null())
    assert not configuration(SegmentationOptions, gamma="auto").made(with_gamma_null())


def test_gamma_is_no_matter_without_categories() -> None:
    now = configuration(SegmentationOptions, categorical_features=[])
    assert now.made(with_gamma_null(categorical_features=[]))
    other = configuration(SegmentationOptions, categorical_features=[], gamma=3.0)
    assert now.fit_hash == other.fit_hash


def test_what_auto_chooses_from_is_no_matter_where_k_is_given() -> None:
    now = configuration(SegmentationOptions, k={"kmeans": 4})
    assert configuration(SegmentationOptions, k={"kmeans": 4}, auto_k_to=5).made(made_by(now))
    other = configuration(SegmentationOptions, k={"kmedoids": 4}, auto_k_to=5)
    assert not other.made(made_by(configuration(SegmentationOptions, k={"kmedoids": 4})))


def test_a_hash_that_is_not_of_the_stored_options_is_no_fit_of_today() -> None:
    now = configuration(SegmentationOptions)
    assert not now.made(model(now.options.as_json(), "0123456789abcdef"))
    assert not now.made(model("{", "0123456789abcdef"))
