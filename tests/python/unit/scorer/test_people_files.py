"""Files of people: no row is lost, nobody of whom nothing is known gets a segment."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from house import SETTINGS, House
from segmentation.playbook.feature_words import read_feature_words
from segmentation.scorer.cluster_scorer import ClusterScorer
from segmentation.scorer.people_files import (
    NOTHING_KNOWN,
    FileScore,
    PeopleFileError,
    check_places,
    score_file,
)


@pytest.fixture
def scorer(connection: duckdb.DuckDBPyConnection) -> ClusterScorer:
    random = np.random.default_rng(1)
    house = House(
        connection,
        pd.DataFrame(
            {
                "customer_id": [f"C{i:03d}" for i in range(120)],
                "recency_days": random.integers(0, 300, 120).astype(float),
                "frequency": random.integers(1, 40, 120).astype(float),
                "monetary": random.lognormal(4, 1, 120),
                "planted": 0,
            }
        ),
    )
    model = house.fit(SETTINGS)
    assert model is not None
    house.put("segments", house.segments())
    words = connection.sql("from words").to_arrow_table().to_pylist()
    columns = connection.table("features").columns
    return ClusterScorer(model, house.named_segments(), read_feature_words(words), columns)


def scored(
    scorer: ClusterScorer, folder: Path, text: str
) -> tuple[FileScore, list[dict[str, str]]]:
    (folder / "people.csv").write_text(text, encoding="utf-8")
    done = score_file(scorer, folder / "people.csv", folder / "scored.csv")
    with (folder / "scored.csv").open(encoding="utf-8", newline="") as opened:
        return done, list(csv.DictReader(opened))


def test_nobody_gets_a_segment_without_any_value(scorer: ClusterScorer, tmp_path: Path) -> None:
    text = "who,frequency,monetary\nAnn,3,40\nBob,,\nCid,  ,\nDee,,7\n"
    done, rows = scored(scorer, tmp_path, text)
    assert [row["who"] for row in rows] == ["Ann", "Bob", "Cid", "Dee"]
    assert [bool(row["segment_slug"]) for row in rows] == [True, False, False, True]
    assert [row["rejected_because"] for row in rows] == ["", NOTHING_KNOWN, NOTHING_KNOWN, ""]
    assert done.rejected == 2


@pytest.mark.parametrize(
    "header",
    [
        '"name, first, last, and, more";frequency;monetary',
        'frequency;"a ""quoted"", one, with, commas";monetary',
        'frequency;monetary;"ends, in, the, next\nline"',
    ],
)
def test_what_is_within_quotes_separates_nothing(
    scorer: ClusterScorer, tmp_path: Path, header: str
) -> None:
    done, rows = scored(scorer, tmp_path, f"{header}\n1;2;3\n")
    assert (done.rows, done.rejected) == (1, 0)
    assert rows[0]["segment_slug"]


def test_places_are_checked_before_anything_is_loaded(tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("frequency\n1\n")
    (tmp_path / "folder.csv").mkdir()
    for source, output, message in (
        (tmp_path / "none.csv", tmp_path / "out.csv", "There is no file"),
        (people, people, "is the file that is read"),
        (people, tmp_path / "out.xlsx", "must end with"),
        (people, tmp_path / "folder.csv", "It is a folder"),
        (people, tmp_path / "none" / "out.csv", "There is no folder"),
        (tmp_path / "folder.csv", tmp_path / "out.csv", "There is no file"),
    ):
        with pytest.raises(PeopleFileError, match=message):
            check_places(source, output)
    check_places(people, tmp_path / "out.parquet")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.csv", "people.csv"]
