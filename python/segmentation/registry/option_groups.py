"""Options in groups: those that change what is fitted are hashed, the others never refit.

A kind of options inherits from its groups, each a dataclass: people write them flat, as names and
values, and a function that needs one group asks for that. A group declares whether it is
fitted. One that is not takes effect where it is used: a naming option at the next build, an option
of a comparison or a report when the next fit makes it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from segmentation.registry.header import ModelHeader
from segmentation.registry.option_checks import (
    OptionError,
    known_options,
    names,
    names_and_values,
    whole_number,
)


class OptionGroup:
    """A dataclass of options that belong together.

    Attributes
    ----------
    IS_FITTED : bool
        Whether another value gives another model.
    NAME_LISTS : tuple of str
        Options that are lists of names.
    WHOLE_NUMBERS : mapping of str to (int, int)
        Options that are whole numbers, to the least and the most that they can be; beyond, a fit
        would take all memory or not end.
    """

    IS_FITTED: ClassVar[bool]
    NAME_LISTS: ClassVar[tuple[str, ...]] = ()
    WHOLE_NUMBERS: ClassVar[Mapping[str, tuple[int, int]]] = {}

    def problems(self) -> list[str]:
        """Return what is wrong with the options of the group, but for its whole numbers."""
        return []


@dataclass(frozen=True)
class Options:
    """All options of one kind of fit; a subclass inherits from its groups too.

    Attributes
    ----------
    OF : str
        What they are options of, for messages.
    EXAMPLE : str
        How some are written.
    ADDED_LATER : mapping
        Options that earlier versions lacked, and the values that their fits correspond to.
    """

    OF: ClassVar[str]
    EXAMPLE: ClassVar[str]
    ADDED_LATER: ClassVar[Mapping[str, Any]] = {}

    def __post_init__(self) -> None:
        problems = []
        for group in self.groups():
            problems += group.problems(self)
            for name, (least, most) in group.WHOLE_NUMBERS.items():
                problems += whole_number(name, getattr(self, name), least, most)
        problems += self.problems_between_groups()
        if problems:
            raise OptionError(*problems)

    def problems_between_groups(self) -> list[str]:
        """Return what is wrong with options of one group beside those of another."""
        return []

    @classmethod
    def groups(cls) -> tuple[Any, ...]:
        """Return the groups, in the order in which their options are listed and checked."""
        # Fields of the last base come first.
        return tuple(base for base in reversed(cls.__bases__) if issubclass(base, OptionGroup))

    @classmethod
    def option_names(cls) -> list[str]:
        """Return the names of all options."""
        return [field.name for group in cls.groups() for field in dataclasses.fields(group)]

    @classmethod
    def from_mapping(
        cls, settings: Mapping[str, Any], overrides: Mapping[str, Any] | None = None
    ) -> Self:
        """Read options as they come from YAML.

        Parameters
        ----------
        settings : mapping
            Option names to values.
        overrides : mapping, optional
            Laid over `settings`.

        Raises
        ------
        OptionError
            If a name is unknown or a value is not possible; the message lists all that is wrong,
            and the right ones.
        """
        problems = [
            *names_and_values(settings, f"settings of {cls.OF}", cls.EXAMPLE),
            *names_and_values(overrides or {}, f"overrides of {cls.OF}", cls.EXAMPLE),
        ]
        if problems:
            raise OptionError(*problems)
        merged: dict[str, Any] = {**settings, **(overrides or {})}
        known = cls.option_names()
        problems = known_options(merged, known)
        values = {name: value for name, value in merged.items() if name in known}
        for option in (name for group in cls.groups() for name in group.NAME_LISTS):
            if option in values:
                values[option], wrong = names(option, values.get(option))
                problems += wrong
        problems += cls._read(values)
        try:
            options = cls(**values)
        except OptionError as error:
            problems += error.problems
        if problems:
            raise OptionError(*problems)
        return options

    @classmethod
    def fitted_values(cls, written: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options that decide a fit.

        Parameters
        ----------
        written : mapping
            All options as :meth:`as_json` writes them, perhaps by an earlier version: of an option
            that it did not have, `ADDED_LATER` says what it was then.
        """
        known = [
            f.name for group in cls.groups() if group.IS_FITTED for f in dataclasses.fields(group)
        ]
        return {name: written.get(name, cls.ADDED_LATER.get(name)) for name in known}

    @classmethod
    def _read(cls, _values: dict[str, Any], /) -> list[str]:
        """Replace what YAML writes by what a field holds; return what cannot be read."""
        return []

    def as_json(self) -> str:
        """Return all options as JSON text, keys sorted."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)


@dataclass(frozen=True)
class FitConfiguration:
    """Everything that decides what a fit gives, but for the data.

    Attributes
    ----------
    options : Options
    counted : str
        What the features count, as JSON, where options do not say it.
    """

    options: Options
    counted: str = ""

    @property
    def fit_hash(self) -> str:
        """A hash of the options that are fitted and of what features count."""
        fitted = json.dumps(self._fitted(self.options.as_json()), sort_keys=True)
        return _hash(fitted + self.counted)

    def made(self, model: ModelHeader) -> bool:
        """Return whether a model was fitted under this configuration.

        An earlier version hashed the options that it had, those up to 0.1 also the ones that are
        not fitted: such a hash is known by the options that are stored beside it, of which those
        count that are fitted now.
        """
        if model.fit_hash == self.fit_hash:
            return True
        try:
            written = json.loads(model.options)
        except json.JSONDecodeError:
            return False
        not_fitted = {
            field.name
            for group in self.options.groups()
            if not group.IS_FITTED
            for field in dataclasses.fields(group)
        }
        of_earlier_version = {n: value for n, value in written.items() if n not in not_fitted}
        hashed = (model.options, json.dumps(of_earlier_version, sort_keys=True))
        return model.fit_hash in [_hash(text + self.counted) for text in hashed] and (
            self._fitted(model.options) == self._fitted(self.options.as_json())
        )

    def counts_as(self, model: ModelHeader) -> bool:
        """Return whether the features of a model counted what they count now.

        Its options may be others, and are those of this version.
        """
        try:
            fitted = json.dumps(self._fitted(model.options), sort_keys=True)
        except json.JSONDecodeError:
            return False
        return model.fit_hash == _hash(fitted + self.counted) or self.made(model)

    def _fitted(self, options: str) -> dict[str, Any]:
        return self.options.fitted_values(json.loads(options))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
