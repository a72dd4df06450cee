"""The gates of a refit: limits of the options and of the current model."""

from __future__ import annotations

import pytest
from segmentation.classification import ClassifierOptions
from segmentation.clustering.options import SegmentationOptions
from segmentation.lifetime_value.options import LifetimeValueOptions
from segmentation.over_time.gates import (
    ClassifierFigures,
    ClusterFigures,
    ForecastFigures,
    LogLossGain,
    classifier_gates,
    cluster_gates,
    forecast_gates,
)
from segmentation.registry.gate_options import (
    ClassifierGateOptions,
    ForecastGateOptions,
    GateOptions,
)
from segmentation.registry.option_checks import OptionError
from segmentation.registry.stored_gates import Gate, failed_in_words

GOOD = ClusterFigures(stability=0.9, silhouette=0.4, smallest_share=0.1, named_share=1.0)


def failed(
    fit: ClusterFigures, current: ClusterFigures = GOOD, **limits: float | bool | None
) -> list[str]:
    gates = cluster_gates(fit, current, 1.0, GateOptions(**limits))  # type: ignore[arg-type]
    return [gate.name for gate in gates if not gate.passed]


def fit(**changed: float | None) -> ClusterFigures:
    return ClusterFigures(**{**vars(GOOD), **changed})


def test_a_fit_that_is_like_the_current_model_passes_all_gates() -> None:
    gates = cluster_gates(GOOD, GOOD, 1.0, GateOptions())
    assert [(gate.name, gate.value, gate.limit, gate.passed) for gate in gates] == [
        ("stability", 0.9, 0.6, True),
        ("silhouette", 0.4, pytest.approx(0.3), True),
        ("agreement", 1.0, 0.5, True),
        ("smallest share", 0.1, 0.01, True),
        ("names", 1.0, 1.0, True),
    ]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"stability": 0.6}, []),
        ({"stability": 0.59}, ["stability"]),
        # At the limit, which is 0.4 - 0.1.
        ({"silhouette": 0.3}, []),
        ({"silhouette": 0.29}, ["silhouette"]),
        ({"smallest_share": 0.01}, []),
        ({"smallest_share": 0.009}, ["smallest share"]),
        ({"named_share": 0.75}, ["names"]),
        ({"stability": None, "silhouette": None}, []),
    ],
)
def test_what_is_worse_fails(changed: dict[str, float | None], expected: list[str]) -> None:
    assert failed(fit(**changed)) == expected


def test_where_nothing_was_stable_a_refit_need_not_be() -> None:
    """A continuum of customers gives unstable clusters at every fit."""
    unstable = fit(stability=0.45)
    assert failed(fit(stability=0.31), unstable) == []
    assert failed(fit(stability=0.29), unstable) == ["stability"]


def test_a_gate_can_be_left_out() -> None:
    bad = ClusterFigures(0.0, -1.0, 0.0, 0.0)
    assert failed(bad) == ["stability", "silhouette", "smallest share", "names"]
    limits = dict.fromkeys(["gate_stability", "gate_silhouette_loss", "gate_smallest_share"])
    assert failed(bad, **limits, gate_names=False) == []
    assert failed(bad, **limits, gate_names=False, gate_agreement=None) == []


def test_customers_who_would_move_fail_the_gate_of_agreement() -> None:
    gates = cluster_gates(GOOD, GOOD, 0.4, GateOptions())
    assert failed_in_words(gates) == "agreement 0.40 below 0.50"


def test_words_show_a_difference() -> None:
    assert Gate("stability", 0.5999, 0.6, False).in_words == "stability 0.5999 below 0.6000"
    assert Gate("names", 0.5, 0.5, True).in_words == "names 0.500000 not below 0.500000"


CLASSIFIER = ClassifierFigures(frozenset("abcd"), skill=0.3)


@pytest.mark.parametrize(
    ("segments", "skill", "gain", "expected"),
    [
        ("abcd", 0.3, None, []),
        # At the limits: half of the segments, and 0.1 less skill.
        ("abx", 0.2, LogLossGain(-0.05, 0.0), []),
        ("axyz", 0.19, LogLossGain(-0.06, 0.0), ["segments", "skill", "log loss gain"]),
        # Chance explains more of few customers.
        ("abcd", 0.3, LogLossGain(-0.15, 0.08), []),
        ("abcd", 0.3, LogLossGain(-0.17, 0.08), ["log loss gain"]),
        # Nothing could be learned.
        ("", None, None, ["segments"]),
    ],
)
def test_a_classifier_that_is_worse_fails(
    segments: str, skill: float | None, gain: LogLossGain | None, expected: list[str]
) -> None:
    fit = ClassifierFigures(frozenset(segments), skill)
    gates = classifier_gates(fit, CLASSIFIER, gain, ClassifierGateOptions())
    assert failing(gates) == expected
    assert classifier_gates(fit, CLASSIFIER, gain, ClassifierGateOptions(None, None, None)) == []


def test_a_weak_classifier_need_not_get_worse_than_the_shares() -> None:
    weak, useless = (ClassifierFigures(frozenset("ab"), skill) for skill in (0.05, -0.02))
    limits = ClassifierGateOptions()
    assert failing(classifier_gates(useless, weak, None, limits)) == ["skill"]
    assert failing(classifier_gates(useless, useless, None, limits)) == []


FORECAST = ForecastFigures(2, likelihood=-5.0, skill=0.1)


@pytest.mark.parametrize(
    ("fit", "expected"),
    [
        (FORECAST, []),
        (ForecastFigures(2, -5.01, 0.05), []),
        (ForecastFigures(2, -5.02, 0.04), ["likelihood", "skill"]),
        # Without back-tests.
        (ForecastFigures(2, -4.9), []),
        (ForecastFigures(1, -5.0, 0.1), ["models"]),
        (ForecastFigures(0), ["models"]),
    ],
)
def test_a_forecast_that_is_worse_fails(fit: ForecastFigures, expected: list[str]) -> None:
    assert failing(forecast_gates(fit, FORECAST, ForecastGateOptions())) == expected
    assert forecast_gates(fit, FORECAST, ForecastGateOptions(False, None, None)) == []


def failing(gates: list[Gate]) -> list[str]:
    return [gate.name for gate in gates if not gate.passed]


@pytest.mark.parametrize(
    ("kind", "settings", "limits", "message"),
    [
        (ClassifierOptions, {"features": ["age"]}, {"gate_segments": 2}, "from 0 to 1, or null."),
        (LifetimeValueOptions, {}, {"gate_skill_loss": "some"}, "from 0 to 1, or null."),
        (LifetimeValueOptions, {}, {"gate_models": 1}, "It must be true or false."),
    ],
)
def test_impossible_limits_of_other_models_are_errors(
    kind: type[ClassifierOptions | LifetimeValueOptions],
    settings: dict[str, object],
    limits: dict[str, object],
    message: str,
) -> None:
    with pytest.raises(OptionError, match=message):
        kind.from_mapping(settings, limits)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"gate_stability": 2}, "gate_stability is 2. It must be a number from 0 to 1, or null."),
        ({"gate_agreement": "most"}, "gate_agreement is 'most'. It must be a number from 0 to 1"),
        ({"gate_stability_loss": None}, "gate_stability_loss is None. It must be a number from 0"),
        ({"gate_names": "yes"}, "gate_names is 'yes'. It must be true or false."),
    ],
)
def test_an_impossible_limit_is_an_error(limits: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError) as raised:
        SegmentationOptions.from_mapping({"features": ["age"]}, limits)
    assert message in str(raised.value)
