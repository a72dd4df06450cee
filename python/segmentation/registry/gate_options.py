"""Conditions for a refit to take over from the current model; a changed limit does not refit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from segmentation.registry.option_checks import number, true_or_false
from segmentation.registry.option_groups import OptionGroup


@dataclass(frozen=True)
class GateOptions(OptionGroup):
    """The limits of the gates of a clustering; None leaves a gate out.

    Attributes
    ----------
    gate_stability : float or None
        A refit has to be this stable (the mean adjusted Rand index between its clustering and those
        of bootstrap resamples), or by no more than `gate_stability_loss` less stable than the
        current model.
    gate_stability_loss : float
    gate_silhouette_loss : float or None
        By how much its silhouette may be below that of the current model at its fit.
    gate_agreement : float or None
        The least share of today's customers who keep their segment.
    gate_smallest_share : float or None
        The least share of the customers in clusters that the smallest cluster has.
    gate_names : bool
        Whether the share of clusters with names whose conditions hold, or that the playbook or the
        model before gave, must be as large as that of the current model.
    """

    IS_FITTED: ClassVar = False

    gate_stability: float | None = 0.6
    gate_stability_loss: float = 0.15
    gate_silhouette_loss: float | None = 0.1
    gate_agreement: float | None = 0.5
    gate_smallest_share: float | None = 0.01
    gate_names: bool = True

    def problems(self) -> list[str]:
        """Return what is wrong with the limits."""
        return [
            *number("gate_stability_loss", self.gate_stability_loss, least=0.0, most=1.0),
            *_limit_problems(
                gate_stability=self.gate_stability,
                gate_silhouette_loss=self.gate_silhouette_loss,
                gate_agreement=self.gate_agreement,
                gate_smallest_share=self.gate_smallest_share,
            ),
            *true_or_false("gate_names", self.gate_names),
        ]


@dataclass(frozen=True)
class ClassifierGateOptions(OptionGroup):
    """The limits of the gates of a classifier; None leaves a gate out.

    Attributes
    ----------
    gate_segments : float or None
        The least share of the segments of the current classifier that a refit predicts too.
    gate_skill_loss : float or None
        By how much its skill may be below that of the current classifier at its fit.
    gate_log_loss : float or None
        By how much its log loss may be above that of the current classifier, for customers whom
        neither has learned from; beside what chance explains.
    """

    IS_FITTED: ClassVar = False

    gate_segments: float | None = 0.5
    gate_skill_loss: float | None = 0.1
    gate_log_loss: float | None = 0.05

    def problems(self) -> list[str]:
        """Return what is wrong with the limits."""
        return _limit_problems(
            gate_segments=self.gate_segments,
            gate_skill_loss=self.gate_skill_loss,
            gate_log_loss=self.gate_log_loss,
        )


@dataclass(frozen=True)
class ForecastGateOptions(OptionGroup):
    """The limits of the gates of lifetime value; None, or false, leaves a gate out.

    Attributes
    ----------
    gate_models : bool
        Whether a refit has to forecast all that the current model does: purchases, and revenue.
    gate_likelihood_loss : float or None
        By how much the mean log-likelihood of today's purchase histories may be below that under
        the current parameters.
    gate_skill_loss : float or None
        By how much its skill may be below that of the current model, for the same quarter.
    """

    IS_FITTED: ClassVar = False

    gate_models: bool = True
    gate_likelihood_loss: float | None = 0.01
    gate_skill_loss: float | None = 0.05

    def problems(self) -> list[str]:
        """Return what is wrong with the limits."""
        return [
            *true_or_false("gate_models", self.gate_models),
            *_limit_problems(
                gate_likelihood_loss=self.gate_likelihood_loss,
                gate_skill_loss=self.gate_skill_loss,
            ),
        ]


def _limit_problems(**limits: float | None) -> list[str]:
    return [
        problem.removesuffix(".") + ", or null."
        for name, limit in limits.items()
        if limit is not None
        for problem in number(name, limit, least=0.0, most=1.0)
    ]
