"""The header of a fitted model: the fields that every kind of model has.

A model is one row of a table: the columns of its header, then those of its kind. Which model is
current, and whether another fit is needed, is known from headers alone.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import pyarrow as pa

from segmentation.registry.arrow import TEXT, WHOLE
from segmentation.registry.digest import DIGEST, with_digests
from segmentation.registry.library_versions import LIBRARIES, library_versions
from segmentation.registry.run import Run
from segmentation.registry.stored_gates import BEFORE_GATES, CHAMPION, GATES, Gate


class StoredModelError(ValueError):
    """A stored model that is damaged; the message names it and says what to do."""


@dataclass(frozen=True)
class DroppedFeature:
    """A feature that was asked for and left out, and why."""

    name: str
    reason: str


_HEADER = pa.schema(
    {
        "segmentation": TEXT,
        "dataset": TEXT,
        "variant": TEXT,
        "model_number": WHOLE,
        "model_version": TEXT,
        "previous_version": TEXT,
        "fitted_at": pa.timestamp("us"),
        "as_of": pa.date32(),
        "lrfm_window_days": WHOLE,
        "fit_reason": TEXT,
        "algorithm": TEXT,
        "k": WHOLE,
        "options": TEXT,
        "fit_hash": TEXT,
        "sample_fingerprint": TEXT,
        "library_versions": TEXT,
        "features_used": TEXT,
        "features_dropped": TEXT,
        "gates": GATES,
        "became": TEXT,
    }
)


def model_columns(own: Mapping[str, pa.DataType]) -> pa.Schema:
    """Return the columns of a kind of model: those of the header, its own, the digest of a row."""
    return pa.schema([*_HEADER, *pa.schema(dict(own)), pa.field(DIGEST, TEXT)])


@dataclass(frozen=True)
class ModelHeader:
    """What every kind of model has; a kind of model adds its own fields, and their columns.

    Attributes
    ----------
    segmentation, dataset, variant : str
        What the model is of.
    model_number : int
        Counts the fits of a segmentation, data set and variant from 1.
    model_version : str
        Segmentation, number, and a hash of what was fitted.
    previous_version : str or None
        The model before; None for the first.
    fitted_at : datetime
        When it was fitted, UTC.
    as_of : date
        The day that its features were of.
    lrfm_window_days : int
        The days that frequency and monetary counted.
    fit_reason : str
        Why it was fitted.
    algorithm : str
    k : int
        Number of segments.
    options : str
        All options, as JSON.
    fit_hash : str
        Hash of those that change what is fitted.
    sample_fingerprint : str
        SHA-256 of the rows that Python read.
    library_versions : str
        Of Python and of the libraries that fitted it, as JSON.
    features_used, features_dropped : str
        In order; the latter with why they were left out.
    gates : list of Gate
        The figures of a refit and their limits, whether they decided or not; empty for a first fit.
    became : str
        ``"champion"`` or ``"challenger"``: whether it took over from the model before.
    """

    # The columns of a kind of model, see model_columns.
    SCHEMA: ClassVar[pa.Schema]
    # Fields that rows of an earlier version lack, and what they are then.
    ADDED_LATER: ClassVar[Mapping[str, Any]] = {}

    segmentation: str
    dataset: str
    variant: str
    model_number: int
    model_version: str
    previous_version: str | None
    fitted_at: datetime.datetime
    as_of: datetime.date
    lrfm_window_days: int
    fit_reason: str
    algorithm: str
    k: int
    options: str
    fit_hash: str
    sample_fingerprint: str
    library_versions: str
    features_used: str
    features_dropped: str
    gates: list[Gate]
    became: str

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Read a row as the engine returns it.

        Raises
        ------
        StoredModelError
            If a field is empty that a model needs; the message names all of them.
        """
        values = {field.name: record.get(field.name) for field in dataclasses.fields(cls)}
        for name, before in (*BEFORE_GATES.items(), *cls.ADDED_LATER.items()):
            if values[name] is None:
                values[name] = before
        empty = [
            field.name
            for field in dataclasses.fields(cls)
            if values[field.name] is None and "None" not in str(field.type)
        ]
        if empty:
            raise StoredModelError(f"it has nothing in {', '.join(empty)}")
        gates: Any = values["gates"]
        return cls(**cls._read(values | {"gates": [Gate(**gate) for gate in gates]}))

    @classmethod
    def _read(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of a row, nested records as what a kind of model makes of them."""
        return values

    def as_record(self) -> dict[str, Any]:
        """Return the row as the engine stores it."""
        return dataclasses.asdict(self)

    @classmethod
    def as_table(
        cls, models: Sequence[Self] = (), earlier: Sequence[Mapping[str, Any]] = ()
    ) -> pa.Table:
        """Return models as the table that the engine stores, each row with its digest.

        Parameters
        ----------
        models : sequence of models of this kind
        earlier : sequence of mapping
            Rows of the table that were stored without a digest.

        Returns
        -------
        pyarrow.Table
            No rows where there is neither, and the same columns.
        """
        records = [*earlier, *(model.as_record() for model in models)]
        return with_digests(pa.Table.from_pylist(records, schema=cls.SCHEMA))


@dataclass(frozen=True)
class FittedContent:
    """The part of a fit that every kind of model has in its header.

    Attributes
    ----------
    algorithm : str
    k : int
        Number of segments.
    features : sequence of str
        In use, in order.
    dropped : sequence of DroppedFeature
    content : bytes
        What was fitted: another fit has other bytes.
    fingerprint : str
        SHA-256 of the rows that Python read, in hexadecimal digits.
    libraries : sequence of str
        Those whose versions count.
    """

    algorithm: str
    k: int
    features: Sequence[str]
    dropped: Sequence[DroppedFeature]
    content: bytes
    fingerprint: str
    libraries: Sequence[str] = LIBRARIES


@dataclass(frozen=True)
class FitRequest:
    """A fit that is about to be made: of what, why, and which number it gets.

    Attributes
    ----------
    segmentation : str
    run : Run
        The data set, its variant, and the day that the features are of.
    reason : str
        Why this fit is made.
    number : int
        The number that the model gets.
    previous_version : str or None
        The version that it follows.
    """

    segmentation: str
    run: Run
    reason: str
    number: int = 1
    previous_version: str | None = None

    def header(self, options: str, fit_hash: str, fitted: FittedContent) -> ModelHeader:
        """Return the header of the model that was fitted, its version made of what was fitted.

        The same options, rows and fit have the same version but for its number, whenever and
        wherever they were fitted.

        Parameters
        ----------
        options : str
            All options, as JSON.
        fit_hash : str
            Hash of those that change what is fitted.
        fitted : FittedContent
        """
        identity = f"{self.run.dataset}/{self.run.variant}/{fit_hash}/".encode()
        content = hashlib.sha256(identity + fitted.content + bytes.fromhex(fitted.fingerprint))
        return ModelHeader(
            segmentation=self.segmentation,
            dataset=self.run.dataset,
            variant=self.run.variant,
            model_number=self.number,
            model_version=f"{self.segmentation}-{self.number:04d}-{content.hexdigest()[:8]}",
            previous_version=self.previous_version,
            fitted_at=datetime.datetime.now(datetime.UTC).replace(tzinfo=None),
            as_of=self.run.as_of,
            lrfm_window_days=self.run.lrfm_window_days,
            fit_reason=self.reason,
            algorithm=fitted.algorithm,
            k=fitted.k,
            options=options,
            fit_hash=fit_hash,
            sample_fingerprint=fitted.fingerprint,
            library_versions=library_versions(fitted.libraries),
            features_used=", ".join(fitted.features),
            features_dropped="; ".join(f"{f.name}: {f.reason}" for f in fitted.dropped),
            gates=[],
            became=CHAMPION,
        )
