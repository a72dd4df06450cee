"""Conditions for a refit to take over from the current model; a changed limit does not refit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from segmentation.registry.option_checks import number
from segmentation.registry.option_groups import OptionGroup


@dataclass(frozen=True)
class GateOptions(OptionGroup):
    """The limits of the gates; None leaves a gate out.

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
        problems = number("gate_stability_loss", self.gate_stability_loss, least=0.0, most=1.0)
        for name, limit in (
            ("gate_stability", self.gate_stability),
            ("gate_silhouette_loss", self.gate_silhouette_loss),
            ("gate_agreement", self.gate_agreement),
            ("gate_smallest_share", self.gate_smallest_share),
        ):
            if limit is not None:
                problems += [
                    problem.removesuffix(".") + ", or null."
                    for problem in number(name, limit, least=0.0, most=1.0)
                ]
        if not isinstance(self.gate_names, bool):
            problems.append(f"gate_names is {self.gate_names!r}. It must be true or false.")
        return problems
