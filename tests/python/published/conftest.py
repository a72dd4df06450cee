"""The real files, as they were published."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def people(data_directory: Path) -> pd.DataFrame:
    """Read the marketing campaign file as it was first published, in file order."""
    return pd.read_csv(data_directory / "marketing_campaign" / "marketing_campaign.csv", sep="\t")


@pytest.fixture(scope="session")
def people_in_rupiah(data_directory: Path) -> pd.DataFrame:
    """Read the same people as a course re-issued them, in file order."""
    return pd.read_csv(data_directory / "marketing_campaign" / "marketing_campaign_idr.csv")
