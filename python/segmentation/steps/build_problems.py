"""Everything that can be wrong before a build begins, in one list.

Fits are where options are used, minutes into a build; here they are read by the same functions
before the first model runs.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from segmentation.classification import ClassifierOptions
from segmentation.classification.candidates import chosen_candidates
from segmentation.clustering.options import SegmentationOptions
from segmentation.lifetime_value import LifetimeValueOptions
from segmentation.registry.option_checks import OptionError, one_of
from segmentation.registry.promotions import StoredVersion, StoredVersions
from segmentation.registry.refit_policy import read_refit
from segmentation.registry.run import Run
from segmentation.steps.overrides import read_overrides
from segmentation.steps.seed_files import SeedFile, seed_problems

CLASSIFIED, LIFETIME_VALUE = "prospects", "lifetime_value"


def build_problems(
    build: Mapping[str, Any], read_source: Callable[[Mapping[str, Any]], object]
) -> list[str]:
    """Return what is wrong with the options, the seeds and the files of a build.

    Parameters
    ----------
    build : mapping
        ``options``: segmentation to its ``settings`` and ``overrides``, and to the ``columns`` that
        they can name: ``numbers``, ``texts`` and ``further``, or None where these are not known;
        ``refit`` and ``refit_after_days``; ``seeds``: for each its ``name``, ``path``, ``shown``
        and ``columns``; ``run`` and ``stored_versions``: what is built, and segmentation to its
        models as :class:`segmentation.registry.promotions.StoredVersion` has them; None where
        these are not known;
        ``sources``: of those that files are read for.
    read_source : callable
        Reads a source as the build will; what it raises is what is wrong.

    Returns
    -------
    list of str
        A sentence or two each.
    """
    problems = []
    for segmentation, asked in build["options"].items():
        problems += [f"{segmentation}: {problem}" for problem in _options(segmentation, asked)]
    problems += _raised(lambda: read_refit(build["refit"], build["refit_after_days"]))
    versions = _stored_versions(build)
    for seed in build["seeds"]:
        path = Path(seed["path"])
        file = SeedFile(seed["name"], path, seed["shown"], seed["columns"], versions)
        problems += seed_problems(file)
    for source in build["sources"]:
        try:
            read_source(source)
        except (OSError, ValueError) as error:
            problems.append(str(error))
    # Two tables of one source may be read from one folder that is not there.
    return list(dict.fromkeys(problems))


def _stored_versions(build: Mapping[str, Any]) -> StoredVersions | None:
    stored = build.get("stored_versions")
    if stored is None:
        return None
    run = build["run"]
    return StoredVersions(
        Run(run["dataset"], run["variant"], datetime.date.min, run["lrfm_window_days"]),
        {
            segmentation: [StoredVersion(**version) for version in found]
            for segmentation, found in stored.items()
        },
    )


def _options(segmentation: str, asked: Mapping[str, Any]) -> list[str]:
    def read() -> None:
        overrides = read_overrides(asked["overrides"])
        named: dict[str, tuple[Sequence[str], Sequence[str]]]
        if segmentation == LIFETIME_VALUE:
            LifetimeValueOptions.from_mapping(asked["settings"], overrides)
            named = {}
        elif segmentation == CLASSIFIED:
            classifier = ClassifierOptions.from_mapping(asked["settings"], overrides)
            chosen_candidates(classifier.candidates)
            named = {"features": (classifier.features, ("numbers", "texts"))}
        else:
            options = SegmentationOptions.from_mapping(asked["settings"], overrides)
            named = {
                "features": (options.features, ("numbers",)),
                "categorical_features": (options.categorical_features, ("texts",)),
                "trims": (tuple(options.trims), ("numbers",)),
            }
        problems = []
        for option, (columns, kinds) in named.items():
            problems += _unknown_columns(option, columns, kinds, asked.get("columns"))
        if problems:
            raise OptionError(*problems)

    return _raised(read)


def _unknown_columns(
    option: str, named: Sequence[str], kinds: Sequence[str], columns: Mapping[str, Any] | None
) -> list[str]:
    if columns is None:
        return []
    known = [name for kind in kinds for name in columns[kind]]
    further = [name for name in columns["further"] if name not in known]
    # The further columns of a customer are found in whatever case they are written.
    return [
        problem
        for name in named
        if name.lower() not in further
        for problem in one_of(option, name, [*known, *further], does="names")
    ]


def _raised(read: Callable[[], object]) -> list[str]:
    try:
        read()
    except OptionError as error:
        return list(error.problems)
    return []
