"""Which libraries a model was fitted with."""

from __future__ import annotations

import json

import numpy as np
from segmentation.registry.library_versions import LIBRARIES, library_versions


def test_versions_are_of_what_is_installed() -> None:
    found = json.loads(library_versions(("numpy", "no-such-library")))
    assert found["numpy"] == np.__version__
    assert set(found) == {"python", "numpy"}
    assert set(json.loads(library_versions())) == {"python", *LIBRARIES}
