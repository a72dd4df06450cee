"""Every customer of a published file, scored in Python, beside what the marts say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from segmentation.published.opened_file import OpenedFile
from segmentation.scorer.current_scorers import customers, read_scorers
from segmentation.scorer.scored_people import records

SAME = ("segment_id", "segment_slug", "segment_name", "runner_up_slug", "model_version")
TOLERANCE = 1e-9


def mart_rows(file: OpenedFile, segmentation: str) -> dict[str, dict[str, Any]]:
    """Return the rows of fct_customer_segments of everybody who has a segment, by their ids."""
    rows = file.engine.records(
        f"select * from fct_customer_segments where segmentation = '{segmentation}'"
        " and segment_id is not null"
    )
    return {row["customer_id"]: row for row in rows}


def assert_same(answer: dict[str, Any], mart: dict[str, Any], measure: str) -> None:
    """Compare one answer with the row of the mart: labels and reasons bit for bit."""
    assert [answer[name] for name in SAME] == [mart[name] for name in SAME]
    assert answer["reasons"] == [
        mart[name] for name in ("reason_1", "reason_2", "reason_3") if mart[name] is not None
    ]
    assert answer[measure] == pytest.approx(mart[measure], rel=0, abs=TOLERANCE)
    assert (answer["margin"] is None) == (mart["margin"] is None)
    if mart["margin"] is not None:
        assert answer["margin"] == pytest.approx(mart["margin"], rel=0, abs=TOLERANCE)


def answers(file: OpenedFile) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    """Yield segmentation, customer, answer and measure of everybody whom a model was applied to."""
    for name, scorer in read_scorers(file).by_name.items():
        found = customers(file, scorer)
        if not found.ids:
            continue
        scored = records(scorer, scorer.score(found.people))
        for customer_id, answer in zip(found.ids, scored, strict=True):
            yield (
                name,
                customer_id,
                answer | {"model_version": scorer.model_version},
                scorer.measure,
            )


def compare_with_marts(path: Path) -> dict[str, int]:
    """Compare everybody; return how many were compared in each segmentation."""
    compared: dict[str, int] = {}
    with OpenedFile(path) as file:
        marts = {name: mart_rows(file, name) for name in read_scorers(file).by_name}
        for name, customer_id, answer, measure in answers(file):
            assert_same(answer, marts[name][customer_id], measure)
            compared[name] = compared.get(name, 0) + 1
        assert compared == {name: len(rows) for name, rows in marts.items() if rows}
    return compared
