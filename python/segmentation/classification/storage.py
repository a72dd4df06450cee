"""Stores a fitted classifier as bytes: skops with a fixed list of types, and a digest.

Pickle is never used. The digest shows that the bytes are those that were stored. The list of types
ensures that they can only hold a classifier.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np

from segmentation.classification.candidates import CANDIDATES
from segmentation.classification.classifier import SegmentClassifier
from segmentation.classification.features import CATEGORY, NUMBER, ORDERED, FeatureColumn
from segmentation.engine.threads import load_scikit_learn

FORMAT = "segmentation classifier 2"

# Every type that a stored classifier may hold, with the part of skops that reads it. Other types
# are refused even if skops trusts them: another estimator, a function.
TYPES = frozenset(
    {
        ("builtins.bytearray", "BytearrayNode"),
        ("builtins.dict", "DictNode"),
        ("builtins.list", "ListNode"),
        ("builtins.slice", "SliceNode"),
        ("builtins.str", "JsonNode"),
        ("builtins.str", "TypeNode"),
        ("builtins.tuple", "TupleNode"),
        ("numpy.dtype", "DTypeNode"),
        ("numpy.float64", "NdArrayNode"),
        ("numpy.float64", "TypeNode"),
        ("numpy.int64", "NdArrayNode"),
        ("numpy.ndarray", "NdArrayNode"),
        ("numpy.random._generator.Generator", "RandomGeneratorNode"),
        ("numpy.random.mtrand.RandomState", "RandomStateNode"),
        ("numpy.uint64", "NdArrayNode"),
        ("sklearn._loss._loss.CyHalfBinomialLoss", "LossNode"),
        ("sklearn._loss._loss.CyHalfMultinomialLoss", "LossNode"),
        ("sklearn._loss.link.Interval", "ObjectNode"),
        ("sklearn._loss.link.LogitLink", "ObjectNode"),
        ("sklearn._loss.link.MultinomialLogit", "ObjectNode"),
        ("sklearn._loss.loss.HalfBinomialLoss", "ObjectNode"),
        ("sklearn._loss.loss.HalfMultinomialLoss", "ObjectNode"),
        ("sklearn.compose._column_transformer.ColumnTransformer", "ObjectNode"),
        ("sklearn.dummy.DummyClassifier", "ObjectNode"),
        ("sklearn.ensemble._forest.RandomForestClassifier", "ObjectNode"),
        ("sklearn.ensemble._gb.GradientBoostingClassifier", "ObjectNode"),
        ("sklearn.ensemble._hist_gradient_boosting.binning._BinMapper", "ObjectNode"),
        (
            "sklearn.ensemble._hist_gradient_boosting.gradient_boosting."
            "HistGradientBoostingClassifier",
            "ObjectNode",
        ),
        ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor", "ObjectNode"),
        ("sklearn.impute._base.SimpleImputer", "ObjectNode"),
        ("sklearn.linear_model._logistic.LogisticRegression", "ObjectNode"),
        ("sklearn.pipeline.Pipeline", "ObjectNode"),
        ("sklearn.preprocessing._data.StandardScaler", "ObjectNode"),
        ("sklearn.preprocessing._encoders.OneHotEncoder", "ObjectNode"),
        ("sklearn.preprocessing._label.LabelEncoder", "ObjectNode"),
        ("sklearn.tree._classes.DecisionTreeClassifier", "ObjectNode"),
        ("sklearn.tree._classes.DecisionTreeRegressor", "ObjectNode"),
        ("sklearn.tree._tree.Tree", "TreeNode"),
        ("xgboost.core.Booster", "ObjectNode"),
        ("xgboost.sklearn.XGBClassifier", "ObjectNode"),
    }
)

_SCHEMA = "schema.json"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


class StoredClassifierError(ValueError):
    """Bytes that are not a classifier of this project; the message says what to do."""


@dataclass(frozen=True)
class StoredClassifier:
    """A classifier as a table stores it.

    Attributes
    ----------
    payload : bytes
        Identical for identical fits, bit for bit.
    digest : str
        SHA-256 of the payload, in hexadecimal digits.
    """

    payload: bytes
    digest: str


def dump_classifier(classifier: SegmentClassifier) -> StoredClassifier:
    """Return a classifier as bytes and their digest.

    Raises
    ------
    StoredClassifierError
        If it holds a type that is not on the list, because reading would refuse it.
    """
    import sklearn
    import skops.io

    content = {
        "format": FORMAT,
        "candidate": classifier.candidate,
        "segments": list(classifier.segments),
        "temperature": classifier.temperature,
        "share_errors": list(classifier.share_errors),
        "columns": [
            {
                **asdict(column),
                "categories": list(column.categories),
                # As text: skops stores numbers of Python by their digits.
                "in_segments": json.dumps(column.in_segments),
            }
            for column in classifier.columns
        ],
        "scikit_learn": sklearn.__version__,
        "skops": skops.__version__,
        "pipeline": classifier.pipeline,
    }
    payload = _canonical(skops.io.dumps(content))
    _check_types(payload)
    return StoredClassifier(payload, hashlib.sha256(payload).hexdigest())


def check_stored(payload: bytes, digest: str) -> None:
    """Check that a stored classifier can be read, without loading it where that is known.

    It is known where the libraries that read it are those that wrote it: what was stored was
    whole. scikit-learn and skops, which take seconds to load, are loaded only where they are
    others, or where XGBoost reads a part, whose version is not stored.

    Parameters
    ----------
    payload : bytes
    digest : str
        As stored beside it.

    Raises
    ------
    StoredClassifierError
        As :func:`load_classifier`.
    """
    schema = _checked_schema(payload, digest)
    written = {name: _stored_text(schema, name) for name in ("format", "scikit_learn", "skops")}
    installed = {
        "format": FORMAT,
        "scikit_learn": version("scikit-learn"),
        "skops": version("skops"),
    }
    if written != installed or any(name.startswith("xgboost.") for name, _ in _types(schema)):
        load_classifier(payload, digest)


@lru_cache(maxsize=2)
def load_classifier(payload: bytes, digest: str) -> SegmentClassifier:
    """Return a classifier that was stored. The steps of a build share it, and do not change it.

    Parameters
    ----------
    payload : bytes
    digest : str
        As stored beside it.

    Raises
    ------
    StoredClassifierError
        If the bytes do not match the digest, do not hold a classifier, or were written by another
        scikit-learn. None of their content was executed.
    """
    _checked_schema(payload, digest)
    load_scikit_learn()
    import skops.io

    try:
        content = skops.io.loads(payload, trusted=sorted({name for name, _ in TYPES}))
    except Exception as error:  # skops raises errors of many types
        raise _refused(f"skops cannot read it ({type(error).__name__}: {error})") from error
    return _read(content)


def _read(content: Any) -> SegmentClassifier:
    import sklearn
    from sklearn.pipeline import Pipeline

    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _refused(f"it is not in the format '{FORMAT}'")
    written = str(content.get("scikit_learn"))
    if written.split(".")[:2] != sklearn.__version__.split(".")[:2]:
        raise _refused(
            f"scikit-learn {written} wrote it, and {sklearn.__version__}, which is installed, may "
            "read other figures from it"
        )
    try:
        columns = tuple(
            FeatureColumn(
                name=str(column["name"]),
                kind=str(column["kind"]),
                categories=tuple(str(category) for category in column["categories"]),
                typical=float(column["typical"]),
                in_segments=tuple(
                    tuple(float(value) for value in segment)
                    for segment in json.loads(column["in_segments"])
                ),
            )
            for column in content["columns"]
        )
        classifier = SegmentClassifier(
            candidate=str(content["candidate"]),
            segments=tuple(str(segment) for segment in content["segments"]),
            columns=columns,
            temperature=float(content["temperature"]),
            share_errors=tuple(float(error) for error in content["share_errors"]),
            pipeline=content["pipeline"],
        )
        is_whole = (
            isinstance(classifier.pipeline, Pipeline)
            and classifier.candidate in CANDIDATES
            and {column.kind for column in columns} <= {NUMBER, ORDERED, CATEGORY}
            and 0 < classifier.temperature < np.inf
            and len(classifier.share_errors) == len(classifier.segments)
            and all(len(column.in_segments) == len(classifier.segments) for column in columns)
            and classifier.matrix_probabilities(np.full((1, len(columns)), np.nan)).shape
            == (1, len(classifier.segments))
        )
    except Exception as error:  # parts that are there, and do not fit together
        raise _refused(f"its parts do not fit ({type(error).__name__}: {error})") from error
    if not is_whole:
        raise _refused("its parts do not fit")
    return classifier


def _checked_schema(payload: bytes, digest: str) -> Any:
    """Return the schema of a payload that is what was stored, and holds nothing foreign."""
    if not payload:
        raise _refused("it is empty")
    if hashlib.sha256(payload).hexdigest() != digest:
        raise _refused("its SHA-256 digest is not the one that was stored with it")
    return _check_types(payload)


def _stored_text(schema: Any, name: str) -> str | None:
    """Return a text of the outermost dictionary of a skops file; None where it has no such text."""
    try:
        text = json.loads(schema["content"][name]["content"])
    except (KeyError, TypeError, ValueError):
        return None
    return text if isinstance(text, str) else None


def _check_types(payload: bytes) -> Any:
    """Return the schema of a skops file, in which there are no types but those on the list."""
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            schema = json.loads(archive.read(_SCHEMA))
    except Exception as error:  # a damaged archive fails in many ways
        raise _refused("it is not a skops file, or a damaged one") from error
    foreign = sorted({name for name, loader in _types(schema) if (name, loader) not in TYPES})
    if foreign:
        raise _refused(f"it holds what no classifier of ours does: {', '.join(foreign)}")
    return schema


def _types(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        if "__loader__" in node or "__class__" in node or "__module__" in node:
            name = f"{node.get('__module__')}.{node.get('__class__')}"
            yield name, str(node.get("__loader__"))
        for value in node.values():
            yield from _types(value)
    elif isinstance(node, list):
        for value in node:
            yield from _types(value)


def _canonical(payload: bytes) -> bytes:
    """Return a compressed skops file that is identical from run to run.

    skops names objects and files by their memory addresses; here they are numbered from 0 in order
    of appearance.
    """
    with zipfile.ZipFile(io.BytesIO(payload)) as archive:
        schema = json.loads(archive.read(_SCHEMA))
        files = {name: archive.read(name) for name in archive.namelist() if name != _SCHEMA}
    numbers: dict[int, int] = {}
    names: dict[str, str] = {}

    def renumber(node: Any) -> None:
        if isinstance(node, dict):
            if "__id__" in node:
                node["__id__"] = numbers.setdefault(node["__id__"], len(numbers))
            if isinstance(node.get("file"), str) and node["file"] in files:
                ending = node["file"].rpartition(".")[2]
                node["file"] = names.setdefault(node["file"], f"{len(names)}.{ending}")
            for value in node.values():
                renumber(value)
        elif isinstance(node, list):
            for value in node:
                renumber(value)

    renumber(schema)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in [
            (_SCHEMA, json.dumps(schema).encode()),
            *((names[old], files[old]) for old in names),
        ]:
            archive.writestr(
                zipfile.ZipInfo(name, _LONG_AGO), content, zipfile.ZIP_DEFLATED, compresslevel=6
            )
    return written.getvalue()


def _refused(why: str) -> StoredClassifierError:
    return StoredClassifierError(
        f"The stored classifier is refused: {why}. Fit it again with refit: true, and find out "
        "what changed it if this is unexpected."
    )
