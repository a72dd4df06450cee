"""The mapping file: which tables there are, what each holds, how each column is read.

It is small, written by ``segmentation init`` and edited by people. What is wrong with it is said
with the line and the name of the field.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from segmentation.onboarding.addresses import address_of, slug
from segmentation.onboarding.contract import BIRTH_YEAR, KINDS, NEEDED, Holds
from segmentation.onboarding.date_formats import ISO, DateFormatError, strptime_format
from segmentation.onboarding.refusals import OnboardingError

# Stands in a proposed mapping where the data do not say what is meant.
UNDECIDED = "?"

# Kinds that cannot stand beside one another: each would be the whole of the same table.
_EITHER_OR = (
    ("orders", "order_lines"),
    ("campaign_activity", "campaign_contacts"),
    ("orders", "customer_activity"),
    ("order_lines", "customer_activity"),
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _column_or_reading(value: Any) -> Any:
    """Return a column that is written by its name alone as one with nothing to say."""
    return {"column": value} if isinstance(value, str | int | float) else value


class ColumnReading(_Strict):
    """A column of the source, and how its text is read.

    Attributes
    ----------
    column : str
        As the header writes it.
    dates : tuple of str
        Formats, tried in this order; nothing for a column that has a type of its own.
    decimal : str, optional
        The mark before decimals, a point or a comma.
    """

    column: str = Field(coerce_numbers_to_str=True)
    dates: tuple[str, ...] = ()
    decimal: Literal[".", ","] | None = None

    @field_validator("dates", mode="before")
    @classmethod
    def _formats(cls, value: Any) -> Any:
        formats = [value] if isinstance(value, str) else value
        for written in formats if isinstance(formats, list | tuple) else ():
            if written == UNDECIDED:
                raise ValueError(
                    "say which comes first, day or month: e.g. dates: [dd/mm/yyyy] or [mm/dd/yyyy]"
                )
            if written != ISO:
                try:
                    strptime_format(str(written))
                except DateFormatError as error:
                    raise ValueError(str(error)) from None
        return formats

    @field_validator("decimal", mode="before")
    @classmethod
    def _mark(cls, value: Any) -> Any:
        if value == UNDECIDED:
            raise ValueError("say which mark stands before decimals: '.' or ','")
        return value


Reading = Annotated[ColumnReading, BeforeValidator(_column_or_reading)]


class Condition(_Strict):
    """Which rows are meant: one column, one test of it, and a name for them.

    Attributes
    ----------
    column : str
    equals : tuple of str
        One of these texts, in upper or lower case.
    begins_with, contains : str
        The text begins with it, or contains it, in upper or lower case.
    below : float
        The number is below it.
    is_empty : bool
        The cell is empty.
    because : str
        What such rows are called where they are counted.
    """

    column: str
    equals: tuple[str, ...] | None = None
    begins_with: str | None = Field(default=None, min_length=1, coerce_numbers_to_str=True)
    contains: str | None = Field(default=None, min_length=1, coerce_numbers_to_str=True)
    below: float | None = None
    is_empty: Literal[True] | None = None
    decimal: Literal[".", ","] | None = None
    because: str = Field(min_length=1)

    @field_validator("equals", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        values = value if isinstance(value, list | tuple) else [value]
        return None if value is None else tuple(_written(item) for item in values)

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        tests = (self.equals, self.begins_with, self.contains, self.below, self.is_empty)
        if sum(test is not None for test in tests) != 1:
            raise ValueError("write one of equals, begins_with, contains, below and is_empty")
        return self


def _written(value: Any) -> str:
    # YAML reads yes, no, on and off as true and false.
    return str(value).lower() if isinstance(value, bool) else str(value)


class TableMapping(_Strict):
    """One table of a source.

    Attributes
    ----------
    source : str
        An address; paths are relative to the folder of the mapping file.
    name : str
        What it is called in the project.
    holds : str
    columns : mapping
        From columns of the contract to columns of the source.
    further_columns : mapping
        Of customers: features that the contract does not have, by the names they get.
    reject : tuple of Condition
        Rows that are left out and counted under their names.
    negate : tuple of Condition
        Rows whose positive amounts are refunds.
    repeated_rows : str
        Whether a row that is equal to an earlier one in every column is rejected.
    delimiter, encoding, header_line
        Of a text file, where they are not to be looked for.
    """

    source: str
    name: str = ""
    holds: Holds
    columns: dict[str, Reading]
    further_columns: dict[str, Reading] = Field(default_factory=dict)
    reject: tuple[Condition, ...] = ()
    negate: tuple[Condition, ...] = ()
    repeated_rows: Literal["reject", "keep"] = "keep"
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str | None = None
    header_line: int | None = Field(default=None, ge=1)

    @field_validator("holds", mode="before")
    @classmethod
    def _decided(cls, value: Any) -> Any:
        if value == UNDECIDED:
            raise ValueError(
                f"say what the table holds: one of {', '.join(KINDS)}; or remove the table"
            )
        return value

    @field_validator("source")
    @classmethod
    def _address(cls, value: str) -> str:
        try:
            address_of(value)
        except OnboardingError as error:
            raise ValueError(str(error)) from None
        return value

    @model_validator(mode="after")
    def _columns(self) -> Self:
        known = KINDS[self.holds]
        unknown = [name for name in self.columns if name not in known]
        if unknown:
            raise ValueError(
                f"{self.holds} have no column {', '.join(unknown)}; they have {', '.join(known)}"
            )
        missing = [name for name in NEEDED[self.holds] if name not in self.columns]
        if self.holds == "order_lines" and not {"revenue", "unit_price"} & set(self.columns):
            missing.append("revenue or unit_price")
        if missing:
            raise ValueError(f"{self.holds} need the column {', '.join(missing)}")
        dated = [
            name
            for name, reading in self.columns.items()
            if reading.dates and known[name] not in ("day", "moment") and name != BIRTH_YEAR
        ]
        if dated:
            raise ValueError(f"{', '.join(dated)} is no date: leave out its dates")
        if self.further_columns and self.holds != "customers":
            raise ValueError("further_columns are of customers")
        wrong = [name for name in self.further_columns if slug(name) != name or name in known]
        if wrong:
            raise ValueError(
                f"further_columns: {', '.join(wrong)} must be new names in lower case with"
                " underscores, e.g. country"
            )
        return self

    @property
    def model(self) -> str:
        """What the table is called in the project."""
        return self.name or slug(Path(address_of(self.source).location).stem)

    def read_columns(self) -> list[str]:
        """Return the columns of the source that are read, in order of first use."""
        readings = [*self.columns.values(), *self.further_columns.values()]
        names = [reading.column for reading in readings]
        names += [condition.column for condition in (*self.reject, *self.negate)]
        return list(dict.fromkeys(names))


class Mapping(_Strict):
    """A mapping file.

    Attributes
    ----------
    version : int
    name : str
        Of the project, in lower case with underscores.
    as_of : date
        The day that everything is dated relative to.
    window_days : int
        Days of the window of frequency and monetary.
    currency : str
        What amounts are in, for descriptions.
    time_zone : str, optional
        On whose clock times with an offset are read, e.g. Europe/Berlin.
    tables : tuple of TableMapping
    """

    version: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=50)
    as_of: dt.date
    window_days: int = Field(default=365, ge=1, le=3660)
    currency: str = Field(min_length=1)
    time_zone: str | None = None
    tables: tuple[TableMapping, ...] = Field(min_length=1)

    @field_validator("name")
    @classmethod
    def _own_name(cls, value: str) -> str:
        if value in ("segmentation", "dbt"):
            raise ValueError(f"{value} is the name of a package that the project installs")
        return value

    @field_validator("as_of", mode="before")
    @classmethod
    def _day(cls, value: Any) -> Any:
        if value == UNDECIDED:
            raise ValueError(
                "say the day that everything is dated relative to, usually that of the last order"
            )
        return value

    @field_validator("currency", mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:
        if value == UNDECIDED:
            raise ValueError("say what amounts are in, e.g. EUR")
        return value

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        if value is not None and value not in zoneinfo.available_timezones():
            raise ValueError(f"there is no time zone {value}; write e.g. Europe/Berlin or UTC")
        return value

    @model_validator(mode="after")
    def _together(self) -> Self:
        holds = {table.holds for table in self.tables}
        for one, other in _EITHER_OR:
            if {one, other} <= holds:
                raise ValueError(
                    f"one table holds {one} and another {other}: both say what customers did. Keep"
                    " one of the two"
                )
        if not holds & {"customers", "orders", "order_lines", "customer_activity"}:
            raise ValueError(
                "no table says who the customers are: one that holds customers, orders,"
                " order_lines or customer_activity is needed"
            )
        names = [table.model for table in self.tables]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"several tables are called {', '.join(twice)}: give each a name")
        return self

    def of(self, holds: str) -> list[TableMapping]:
        """Return the tables that hold something."""
        return [table for table in self.tables if table.holds == holds]


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    OnboardingError
        If it cannot be read. What is wrong in it is listed with lines and fields.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise OnboardingError(f"There is no mapping file {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise OnboardingError(f"The mapping file {path} cannot be read: {error}") from None
    return mapping_of(text, str(path))


def mapping_of(text: str, file: str) -> Mapping:
    """Read the text of a mapping file.

    Parameters
    ----------
    text : str
    file : str
        What it is called in messages.

    Raises
    ------
    OnboardingError
        As for :func:`read_mapping`.
    """
    try:
        values = yaml.safe_load(text)
        nodes = yaml.compose(text, Loader=yaml.SafeLoader)
    except RecursionError:
        raise OnboardingError(
            f"{file} is no mapping: lists and names in it are nested too deeply. segmentation init"
            " --propose writes one to start from."
        ) from None
    except ValueError as error:
        # A day that the calendar does not have, e.g. 2024-02-30.
        raise OnboardingError(f"{file} has a value that cannot be read: {error}.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        said = getattr(error, "problem", None) or str(error)
        raise OnboardingError(f"{file}{line} is no YAML: {said}.") from None
    if not isinstance(values, dict):
        raise OnboardingError(f"{file} is no mapping: it must begin with names, e.g. name: my_shop")
    try:
        return Mapping.model_validate(values)
    except ValidationError as error:
        problems = "\n".join(
            f"- line {_line(nodes, problem['loc'])}, {_field(problem['loc'])}: {_said(problem)}"
            for problem in error.errors()
            # Items that are wrong themselves do not count for pydantic.
            if not (problem["type"] == "too_short" and problem["input"])
        )
        raise OnboardingError(f"{file} cannot be used:\n{problems}") from None


def _said(problem: MappingOf[str, Any]) -> str:
    kind, message = problem["type"], str(problem["msg"]).removeprefix("Value error, ")
    if kind == "missing":
        return "it is missing."
    if kind == "extra_forbidden":
        return "there is no such field."
    found = problem.get("input")
    shown = f" Found {found!r}." if isinstance(found, str | int | float) else ""
    message = message.rstrip(".") or kind
    return f"{message[:1].lower()}{message[1:]}.{shown}"


def _field(location: Sequence[int | str]) -> str:
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location]
    return "".join(parts).lstrip(".") or "the whole file"


def _line(node: Any, location: Sequence[int | str]) -> int:
    """Return the line of a field, or of what it is missing from."""
    line = int(node.start_mark.line) + 1
    for part in location:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part] if part < len(node.value) else None
        elif isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if found:
                line = int(found[0][0].start_mark.line) + 1
            node = found[0][1] if found else None
        else:
            return line
        if node is None:
            return line
        if isinstance(part, int):
            line = int(node.start_mark.line) + 1
    return line
