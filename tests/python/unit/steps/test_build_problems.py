"""Everything that is wrong with a build, in one list, before it begins."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from segmentation.dbt_plugins.build_checks import FUNCTION, Plugin
from segmentation.steps.build_problems import build_problems

SETTINGS = {"features": ["age"]}
RIGHT: dict[str, Any] = {
    "options": {
        "value": {"settings": SETTINGS, "overrides": "{}"},
        "prospects": {"settings": SETTINGS, "overrides": {"repeats": 1}},
    },
    "refit": "False",
    "refit_after_days": None,
    "seeds": [],
    "sources": [],
}


def wrong(folder: Path) -> dict[str, Any]:
    seed = folder / "age_groups.csv"
    seed.write_text("age_group\n")
    return {
        "options": {
            "value": {"settings": SETTINGS, "overrides": '{"k": 51, "seed": -1}'},
            "profile": {"settings": SETTINGS, "overrides": "k = 5"},
            "prospects": {"settings": SETTINGS, "overrides": {"repeat": 1}},
        },
        "refit": "yes",
        "refit_after_days": "soon",
        "seeds": [
            {
                "name": "age_groups",
                "path": str(seed),
                "shown": "seeds/age_groups.csv",
                "columns": {"age_group": "varchar", "min_age": "integer"},
            }
        ],
        "sources": [
            {
                "name": "people",
                "identifier": "people",
                "schema": "source_members",
                "database": "warehouse",
                "tags": [],
                "meta": {
                    "plugin": "delimited_files",
                    "dataset": "members",
                    "directory": "NO_SUCH_VARIABLE",
                    "file": "people.csv",
                },
            }
        ],
    }


SAID = [
    "value: seed is -1.",
    "value: k is 51.",
    "profile: The overrides of a segmentation are written as names and values",
    "prospects: There is no option 'repeat'. Did you mean 'repeats'?",
    "refit is 'yes'.",
    "refit_after_days is 'soon'.",
    "seeds/age_groups.csv, line 1: the header lacks min_age.",
    "The data set 'members' is read from the file people.csv",
]


@pytest.fixture
def asked() -> Any:
    """Return the SQL function, as the plugin registers it with an engine."""
    with duckdb.connect() as connection:
        Plugin("build_checks", {}, SimpleNamespace(settings={}, path="")).configure_connection(
            connection
        )

        def ask(text: str) -> list[str]:
            # dbt runs each of its queries on a cursor.
            row = connection.cursor().execute(f"select {FUNCTION}(?)", [text]).fetchall()[0]
            return json.loads(row[0])

        yield ask


def test_nothing_is_wrong(asked: Any) -> None:
    assert build_problems(RIGHT, lambda _: None) == []
    assert asked(json.dumps(RIGHT)) == []


def test_all_problems_are_reported(asked: Any, tmp_path: Path) -> None:
    found = asked(json.dumps(wrong(tmp_path)))
    assert len(found) == len(SAID)
    for problem, said in zip(found, SAID, strict=True):
        assert problem.startswith(said)


def test_files_that_are_no_assignments_are_reported_last(asked: Any, tmp_path: Path) -> None:
    assert asked(json.dumps(RIGHT | {"assignments": str(tmp_path)})) == []
    (tmp_path / "other.parquet").write_bytes(b"no")
    found = asked(json.dumps(RIGHT | {"assignments": str(tmp_path), "refit": "yes"}))
    assert found[0].startswith("refit is 'yes'.")
    assert found[1].startswith(f"{tmp_path / 'other.parquet'} is no Parquet file that can be read")


def test_an_error_of_the_checks_is_reported_unchanged(asked: Any) -> None:
    assert asked("{}") == ["The checks failed: KeyError: 'options'"]


@pytest.mark.parametrize(
    ("segmentation", "settings", "said"),
    [
        ("profile", {"features": ["age", "Visits"], "categorical_features": ["gender"]}, []),
        (
            "profile",
            {"features": ["agee"], "categorical_features": ["age"], "trims": {"visit": [0, 1]}},
            [
                "profile: features names 'agee'. Did you mean 'age'? It can name: age, visits.",
                "profile: categorical_features names 'age'. It can name: gender, visits.",
                "profile: trims names 'visit'. Did you mean 'visits'? It can name: age, visits.",
            ],
        ),
        ("prospects", {"features": ["age", "gender", "visits"]}, []),
        (
            "prospects",
            {"features": ["county"]},
            ["prospects: features names 'county'. It can name: age, gender, visits."],
        ),
    ],
)
def test_columns_that_are_there_and_others(
    segmentation: str, settings: dict[str, Any], said: list[str]
) -> None:
    """Further columns of a customer can be numbers or categories, whatever their case."""
    columns = {"numbers": ["age"], "texts": ["gender"], "further": ["visits"]}
    asked = {"settings": settings, "overrides": {}, "columns": columns}
    build = {**RIGHT, "options": {segmentation: asked}}
    assert build_problems(build, lambda _: None) == said
    # Where the columns are not known, the models say what is missing.
    asked["columns"] = None
    assert build_problems(build, lambda _: None) == []


def test_a_promotion_of_a_model_that_is_not_stored_is_reported(asked: Any, tmp_path: Path) -> None:
    columns = ("segmentation", "dataset", "variant", "model_version", "action", "decided_on")
    columns += ("decided_by", "reason")
    path = tmp_path / "model_promotions.csv"
    path.write_text(f"{','.join(columns)}\nvalue,sample,,value-0009-x,pin,2026-01-31,,better\n")
    seed = {
        "name": "model_promotions",
        "path": str(path),
        "shown": "seeds/model_promotions.csv",
        "columns": dict.fromkeys(columns, "varchar"),
    }
    stored = {"model_version": "value-0001-a", "as_of": "2025-12-31", "lrfm_window_days": 365}
    build = RIGHT | {
        "seeds": [seed],
        "run": {"dataset": "sample", "variant": "default", "lrfm_window_days": 365},
        "stored_versions": {"value": [stored], "profile": []},
    }
    assert asked(json.dumps(build)) == [
        "seeds/model_promotions.csv, line 2: there is no model value-0009-x of value for sample. "
        "The models are: value-0001-a (as of 2025-12-31)."
    ]
    # Where the models are in another file, they are not looked up.
    assert asked(json.dumps(build | {"stored_versions": None})) == []
    path.write_text(path.read_text().replace("0009-x", "0001-a"))
    assert asked(json.dumps(build)) == []
    path.write_text(path.read_text().replace("pin", "pinned"))
    assert asked(json.dumps(build)) == [
        "seeds/model_promotions.csv, line 2: action is 'pinned'. Did you mean 'pin'? It can be: "
        "promote, pin."
    ]
    # Every mistake is named at once, each with its line.
    more = [
        "value,sample,,value-0009-x,pin,soon,,",
        *["profile,sample,,profile-1,pin,today,,x"] * 3,
    ]
    path.write_text(path.read_text() + "\n".join(more) + "\n")
    found = [
        sentence.removeprefix("seeds/model_promotions.csv, ")
        for sentence in asked(json.dumps(build))
    ]
    starts = [
        "line 2: action is 'pinned'.",
        "line 3: reason is empty.",
        "line 3: decided_on is 'soon'.",
        "line 3: there is no model value-0009-x of value for sample.",
        *(
            f"line {line}: {said}"
            for line in (4, 5, 6)
            for said in ("decided_on is 'today'.", "there is no model profile-1 of profile")
        ),
        "lines 4, 5 and 6: they all decide which model of profile is current for sample:",
        "lines 2 and 3: they all decide which model of value is current for sample:",
    ]
    assert len(found) == len(starts)
    for sentence, start in zip(found, starts, strict=True):
        assert sentence.startswith(start)
