"""The five published segments of members, and their names from the playbook."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
from builds import PROJECT
from kmodes.kprototypes import KPrototypes
from segmentation.clustering.options import SegmentationOptions
from segmentation.playbook.matching import name_segments
from segmentation.playbook.playbook import read_playbook, vocabulary_for

CATEGORIES = ["Jenis Kelamin", "Profesi", "Tipe Residen"]
NUMBERS = {"age": "Umur", "annual_spend": "NilaiBelanjaSetahun"}


def test_the_playbook_names_the_published_segments(data_directory: Path) -> None:
    members = pd.read_csv(data_directory / "members" / "customer_segments.tsv", sep="\t")
    standardised = pd.DataFrame(
        {
            name: (members[column] - members[column].mean()) / members[column].std(ddof=0)
            for name, column in NUMBERS.items()
        }
    )
    mixed = np.column_stack([standardised.astype(object), members[CATEGORIES].to_numpy(object)])
    reference = KPrototypes(5, n_init=10, random_state=1, gamma=0.5)
    clusters = reference.fit_predict(mixed, categorical=[2, 3, 4])

    with (PROJECT / "seeds" / "segment_playbook.csv").open(encoding="utf-8", newline="") as lines:
        rows = [
            {name: value or None for name, value in row.items()} for row in csv.DictReader(lines)
        ]
    profiles = standardised.groupby(clusters).mean()
    limit = SegmentationOptions.from_mapping({"features": list(NUMBERS)}, None).naming_limit
    names = name_segments(
        profiles.to_dict("records"),
        vocabulary_for(read_playbook(rows, "profile"), 5),
        {},
        limit=limit,
    )

    members["segment"] = [names[cluster].segment_name for cluster in clusters]
    found = members.groupby("segment").agg(
        members=("Umur", "size"), youngest=("Umur", "min"), oldest=("Umur", "max"),
        spend=("NilaiBelanjaSetahun", "mean"),
    )  # fmt: skip
    # Each is far nearer to its own row than the limit, beyond which it would have no name.
    assert max(name.naming_distance or 0 for name in names) < limit / 2
    assert {name.named_by for name in names} == {"playbook"}
    # Ages and sizes as published; the spend of a tier is about 3, 5.5 and 10 million.
    assert found.drop(columns="spend").to_dict("index") == {
        "Silver Young": {"members": 5, "youngest": 14, "oldest": 19},
        "Diamond Senior": {"members": 8, "youngest": 45, "oldest": 64},
        "Gold Senior": {"members": 11, "youngest": 46, "oldest": 63},
        "Diamond Adult": {"members": 12, "youngest": 18, "oldest": 41},
        "Gold Adult": {"members": 14, "youngest": 20, "oldest": 40},
    }
    assert found["spend"].div(1e6).round().to_dict() == {
        "Silver Young": 3, "Diamond Senior": 10, "Gold Senior": 5,
        "Diamond Adult": 10, "Gold Adult": 6,
    }  # fmt: skip
