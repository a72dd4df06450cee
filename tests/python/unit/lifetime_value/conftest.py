"""Back-tests of a small shop. Tests look at them and leave them as they are."""

from __future__ import annotations

import lifetime_value_shop as shop
import pytest
from segmentation.lifetime_value.backtest import Judgement, judge
from segmentation.lifetime_value.past_days import past_days


@pytest.fixture(scope="session")
def frames() -> shop.Frames:
    return shop.backtest_frames(shop.purchase_days(), shop.QUARTER_ENDS)


@pytest.fixture(scope="session")
def judgement(frames: shop.Frames) -> Judgement:
    return judge(past_days(frames, shop.OPTIONS), shop.OPTIONS)


@pytest.fixture(scope="session")
def judgement_of_shuffled(frames: shop.Frames) -> Judgement:
    """Return the judgement of the same customers in another order."""
    shuffled = [(day, frame.sample(frac=1, random_state=3)) for day, frame in frames]
    return judge(past_days(shuffled, shop.OPTIONS), shop.OPTIONS)
