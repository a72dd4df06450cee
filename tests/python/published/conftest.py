"""The real files; tests that need a missing file are skipped with its name."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def data_directory() -> Path:
    folder = os.environ.get("SEGMENTATION_DATA_DIR")
    if not folder:
        pytest.skip("SEGMENTATION_DATA_DIR names no folder with the published files")
    return Path(folder)


@pytest.fixture(scope="session")
def people(data_directory: Path) -> pd.DataFrame:
    """Read the marketing campaign file as it was first published, in file order."""
    return pd.read_csv(data_directory / "marketing_campaign" / "marketing_campaign.csv", sep="\t")


@pytest.fixture(scope="session")
def people_in_rupiah(data_directory: Path) -> pd.DataFrame:
    """Read the same people as a course re-issued them, in file order."""
    return pd.read_csv(data_directory / "marketing_campaign" / "marketing_campaign_idr.csv")
