"""Reads a skops file of arrays, plain values and objects that are made of these, without skops.

Loading skops takes seconds in a build: it looks for each function of SciPy in every module that is
loaded. A logistic regression is such a file; trees, losses and random states are left to skops.
"""

from __future__ import annotations

import importlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

# The format of files that is read here; skops raises the number when it changes.
PROTOCOL = 2


class NotPlainError(ValueError):
    """A file that only skops can read."""


def read_plain_parts(schema: dict[str, Any], archive: zipfile.ZipFile) -> Any:
    """Return what a skops file holds.

    Parameters
    ----------
    schema : dict
        Of the file. Each type in it is one that may be read: they are taken as they are named.
    archive : zipfile.ZipFile
        The file.

    Raises
    ------
    NotPlainError
        If a part, or the file, is of a kind that is left to skops.
    """
    if schema.get("protocol") != PROTOCOL:
        raise NotPlainError(f"protocol {schema.get('protocol')}")
    return _Reader(archive).read(schema)


class _Reader:
    """Reads the nodes of a file, each once: what two objects share is one object again."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._read: dict[int, Any] = {}
        self._kinds: dict[str, Callable[[dict[str, Any]], Any]] = {
            "DictNode": self._dict,
            "DTypeNode": lambda node: self.read(node["content"]).dtype,
            "JsonNode": lambda node: json.loads(node["content"]),
            "ListNode": lambda node: [self.read(item) for item in node["content"]],
            "NdArrayNode": self._array,
            "ObjectNode": self._object,
            "SliceNode": lambda node: slice(*(node["content"][n] for n in _SLICE)),
            "TupleNode": lambda node: tuple(self.read(item) for item in node["content"]),
            "TypeNode": _type_of,
        }

    def read(self, node: dict[str, Any]) -> Any:
        kind = self._kinds.get(node["__loader__"])
        if kind is None:
            raise NotPlainError(node["__loader__"])
        identity = node["__id__"]
        if identity not in self._read:
            self._read[identity] = kind(node)
        return self._read[identity]

    def _dict(self, node: dict[str, Any]) -> dict[Any, Any]:
        keys = self.read(node["key_types"])
        content = node["content"].items()
        return {
            kind(key): self.read(value) for kind, (key, value) in zip(keys, content, strict=True)
        }

    def _array(self, node: dict[str, Any]) -> Any:
        if node["type"] == "json":
            items = [self.read(item) for item in node["content"]]
            if len(self.read(node["shape"])) != 1:
                return np.array(items, dtype=object)
            # Of items that are lists, NumPy would make further dimensions.
            array = np.empty(len(items), dtype=object)
            for i, item in enumerate(items):
                array[i] = item
            return array
        if node["type"] != "numpy":
            raise NotPlainError(f"an array of type {node['type']}")
        content = np.load(io.BytesIO(self._archive.read(node["file"])), allow_pickle=False)
        kind = _type_of(node)
        return content if kind is np.ndarray else kind(content)

    def _object(self, node: dict[str, Any]) -> Any:
        kind = _type_of(node)
        instance = kind.__new__(kind)
        if node["content"] is None:
            return instance
        attributes = self.read(node["content"])
        if hasattr(instance, "__setstate__"):
            instance.__setstate__(attributes)
        else:
            instance.__dict__.update(attributes)
        return instance


_SLICE = ("start", "stop", "step")


def _type_of(node: dict[str, Any]) -> Any:
    return getattr(importlib.import_module(node["__module__"]), node["__class__"])
