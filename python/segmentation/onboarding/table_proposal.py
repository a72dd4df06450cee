"""What a proposal consists of: questions, columns with reasons, and the table in a draft."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from segmentation.onboarding.profiles import TableProfile

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Question:
    """Something that a person decides.

    Attributes
    ----------
    path : tuple
        Where the answer stands in the draft of a mapping.
    text : str
        The question, with what is known about it.
    choices : tuple of (word, value, what it means)
        A value of None leaves the field out.
    proposed : str or None
        The word of the choice that is proposed; None where the data do not decide.
    is_open : bool
        Whether any other answer is taken as it is written.
    """

    path: Path
    text: str
    choices: tuple[tuple[str, Any, str], ...] = ()
    proposed: str | None = None
    is_open: bool = False


@dataclass(frozen=True)
class ColumnChoice:
    """Why a column of the source is taken for one of the contract.

    Attributes
    ----------
    column : str
        Of the contract.
    source : str
    reading : dict
        As the mapping writes it.
    reason : str
    rejected : int
        Rows that this choice would reject.
    """

    column: str
    source: str
    reading: dict[str, Any]
    reason: str
    rejected: int


@dataclass
class TableProposal:
    """The proposal for one table.

    Attributes
    ----------
    profile : TableProfile
    holds : str or None
        None where the data do not say.
    reason : str
        Why it holds that.
    choices : list of ColumnChoice
    unused : list of str
        Columns that nothing is proposed for.
    questions : list of Question
        Their paths begin within the table.
    values : dict
        The table in the draft of a mapping.
    """

    profile: TableProfile
    holds: str | None
    reason: str
    choices: list[ColumnChoice] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
