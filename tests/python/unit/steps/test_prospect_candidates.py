"""Each candidate classifier in the whole way, and a build without any one of them."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import numpy as np
import pytest
from prospect_house import ProspectHouse, people
from segmentation.classification.candidates import CANDIDATES


class TestCandidates:
    """The build goes on without any one of them. Of two segments: trees are grown for each."""

    @pytest.fixture
    def prospects(self, connection: duckdb.DuckDBPyConnection) -> ProspectHouse:
        return ProspectHouse(connection, people(("no", "yes")))

    @pytest.mark.long
    @pytest.mark.parametrize("missing", CANDIDATES)
    def test_without_one(
        self, prospects: ProspectHouse, monkeypatch: pytest.MonkeyPatch, missing: str
    ) -> None:
        """The two that follow it are there, the simplest after the last; neither is searched."""
        names = list(CANDIDATES)
        place = names.index(missing)
        others = [name for name in names if name in (names * 2)[place + 1 : place + 3]]
        for name in others:
            candidate = replace(CANDIDATES[name], grid=CANDIDATES[name].grid[:1])
            monkeypatch.setitem(CANDIDATES, name, candidate)
        model = prospects.fitted(overrides={"candidates": others})
        assert [record["candidate"] for record in model.selection] == others
        assert model.algorithm in others
        assert len(prospects.assignments()) == 30

    @pytest.mark.long
    @pytest.mark.parametrize("only", CANDIDATES)
    def test_each_alone_is_stored_and_applied(self, prospects: ProspectHouse, only: str) -> None:
        model = prospects.fitted(overrides={"candidates": [only]})
        assert model.algorithm == only
        found = prospects.assignments()
        assert (found.segment_id == np.arange(30) % 2).mean() >= 0.8
        assert prospects.fit(overrides={"candidates": [only]}) is None
