"""Options about states, the size of segments, and names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from segmentation.registry.option_checks import number
from segmentation.registry.option_groups import OptionGroup


@dataclass(frozen=True)
class StateOptions(OptionGroup):
    """Which customers are named before the clusters, and how small a segment may be.

    Attributes
    ----------
    states : bool
        Whether the conditions of the playbook name: customers by their states first, the
        clusters of the others by what is typical of them. Otherwise clusters are named after the
        target z-scores of the playbook.
    min_segment_share : float
        A segment with a smaller share of the customers, those in a state apart, does not leave a
        fit: its customers join the segments that are left. 0 keeps all.
    """

    IS_FITTED: ClassVar = True

    states: bool = False
    min_segment_share: float = 0.01

    def problems(self) -> list[str]:
        """Return what is wrong with the switch and the share."""
        problems: list[str] = []
        if not isinstance(self.states, bool):
            problems.append(f"states is {self.states!r}. It must be true or false.")
        return [
            *problems,
            *number("min_segment_share", self.min_segment_share, least=0.0, most=0.5),
        ]


@dataclass(frozen=True)
class NamingOptions(OptionGroup):
    """How near a segment has to be to what it is called after: other limits rename, never refit.

    Attributes
    ----------
    naming_limit : float
        Largest root mean square difference, in z-scores, between a segment and the playbook
        row whose name it takes.
    carry_over_share : float
        A segment takes the slug of one of the model before if at least this share of the customers
        is in both: of the shares of the one and of the other, the geometric mean.
    carry_over_limit : float
        Where the model before cannot be applied any more: the largest difference, as for
        `naming_limit`, between a segment and one of that model.
    carry_over : bool
        Whether segments of a new model take the slugs of the model before at all.
    """

    IS_FITTED: ClassVar = False

    naming_limit: float = 1.0
    carry_over_share: float = 0.5
    carry_over_limit: float = 0.5
    carry_over: bool = True

    def problems(self) -> list[str]:
        """Return what is wrong with the limits."""
        problems: list[str] = []
        if not isinstance(self.carry_over, bool):
            problems.append(f"carry_over is {self.carry_over!r}. It must be true or false.")
        return [
            *problems,
            *number("naming_limit", self.naming_limit, least=0.0),
            *number("carry_over_share", self.carry_over_share, least=0.0, most=1.0),
            *number("carry_over_limit", self.carry_over_limit, least=0.0),
        ]
