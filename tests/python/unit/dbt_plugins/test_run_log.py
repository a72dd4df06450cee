"""What the library logs while dbt runs it: generated SQL too, where dbt is asked for debug."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from dbt.cli.flags import Flags
from dbt.cli.main import cli
from dbt.flags import get_flags, set_flags
from segmentation.dbt_plugins.run_log import dbt_log_level


@pytest.fixture(autouse=True)
def flags_as_they_were() -> Iterator[None]:
    before = get_flags()
    yield
    set_flags(before)


@pytest.mark.parametrize(
    ("command", "level"),
    [
        (["run"], logging.INFO),
        (["--debug", "run"], logging.DEBUG),
        (["--log-level", "debug", "run"], logging.DEBUG),
        (["--log-level", "warn", "run"], logging.INFO),
        (["--log-level-file", "debug", "run"], logging.INFO),
    ],
)
def test_the_level_is_that_of_dbts_terminal(command: list[str], level: int) -> None:
    context = cli.make_context("dbt", list(command))
    set_flags(Flags(cli.commands["run"].make_context("run", [], parent=context)))
    assert dbt_log_level() == level
