"""The gates of a fit and what it became, as stored in the row of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from segmentation.registry.arrow import FLAG, REAL, TEXT, records

# A champion takes over from the model before; a challenger is stored and waits.
CHAMPION, CHALLENGER = "champion", "challenger"

# The type of the column of gates.
GATES = records(name=TEXT, value=REAL, limit=REAL, passed=FLAG)

# A figure that is summed up in another order may differ in its last digits.
_ROUNDING = 1e-9

# Fits of versions without gates: each took over.
BEFORE_GATES: Mapping[str, Any] = {"gates": [], "became": CHAMPION}


@dataclass(frozen=True)
class Gate:
    """One figure of a fit beside the least value that passes.

    Attributes
    ----------
    name : str
    value : float
    limit : float
        The least value that passes.
    passed : bool
    """

    name: str
    value: float
    limit: float
    passed: bool

    @classmethod
    def judged(cls, name: str, value: float, limit: float) -> Self:
        """Return the gate of a figure that passes where it is not below a limit."""
        return cls(name, float(value), float(limit), bool(value >= limit - _ROUNDING))

    @property
    def in_words(self) -> str:
        """E.g. ``"silhouette 0.31 below 0.36"``, with more digits where two show no difference."""
        digits = next((d for d in (2, 3, 4) if f"{self.value:.{d}f}" != f"{self.limit:.{d}f}"), 6)
        than = "not below" if self.passed else "below"
        return f"{self.name} {self.value:.{digits}f} {than} {self.limit:.{digits}f}"


def failed_in_words(gates: list[Gate]) -> str:
    """Return the gates that a fit failed, in words; an empty text where it passed all."""
    return "; ".join(gate.in_words for gate in gates if not gate.passed)
