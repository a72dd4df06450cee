"""The words for features, read from the seed ``feature_words``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from segmentation.playbook.errors import PlaybookError
from segmentation.playbook.playbook import ONE

# Digits after the decimal point may follow the name of a column.
_NAMED_COLUMN = re.compile(r"\{([a-z][a-z0-9_]*)(?::([0-9]))?\}")
_PLACE = re.compile(r"(\{[a-z0-9_:]*\})")


@dataclass(frozen=True)
class ColumnBeside:
    """Where a further column stands in the words for one customer.

    Attributes
    ----------
    name : str
    decimals : int
        Digits after the decimal point.
    """

    name: str
    decimals: int

    def written(self, value: float) -> str:
        """Return its value for one customer as a formatted number."""
        return _written(value, self.decimals)


@dataclass(frozen=True)
class FeatureWords:
    """The words for one feature.

    Attributes
    ----------
    feature : str
        Column name.
    low_words, high_words : str
        Words for a value below or above that of others, e.g. ``"buys less often"``.
    amount : str
        Words around a value, e.g. ``"{} income"``. If the singular differs, it comes first:
        ``"{} purchase|{} purchases"``.
    decimals : int
        Digits after the decimal point.
    customer_amount : str
        Words around the value of one customer, where they are others; further columns stand in it
        by their names, as whole numbers or with the digits that follow:
        ``"usually {usual_gap_days:1} days, now {}"``. Empty where `amount` serves.
    """

    feature: str
    low_words: str
    high_words: str
    amount: str
    decimals: int
    customer_amount: str = ""

    @property
    def columns_beside(self) -> list[str]:
        """The further columns that the words for one customer name, each once."""
        places = (part for part in self.parts_of_customer if isinstance(part, ColumnBeside))
        return list(dict.fromkeys(place.name for place in places))

    @cached_property
    def parts_of_customer(self) -> list[str | ColumnBeside | None]:
        """The words for one customer in order: texts, further columns, and None for the value."""
        parts: list[str | ColumnBeside | None] = []
        for text in filter(None, _PLACE.split(self.customer_amount)):
            named = _NAMED_COLUMN.fullmatch(text)
            if named:
                parts.append(ColumnBeside(named[1], int(named[2] or 0)))
            else:
                parts.append(None if text == "{}" else text)
        return parts

    @cached_property
    def of_one(self) -> tuple[str, str]:
        """Words before and after the number 1."""
        before, after = self.amount.split("|")[0].split("{}")
        return before, after

    @cached_property
    def of_several(self) -> tuple[str, str]:
        """Words before and after every other number."""
        before, after = self.amount.split("|")[-1].split("{}")
        return before, after

    def spoken(self, value: float) -> str:
        """Return a value of this feature in words, e.g. ``"1 purchase"``."""
        text = self.written(value)
        before, after = self.of_one if text == ONE else self.of_several
        return before + text + after

    def written(self, value: float) -> str:
        """Return a value of this feature as a formatted number."""
        return _written(value, self.decimals)


def _written(value: float, decimals: int) -> str:
    text = format(value, f",.{decimals}f")
    # Rounded to zero, a small number below zero has no sign.
    is_zero = text[0] == "-" and float(text.replace(",", "")) == 0
    return text[1:] if is_zero else text


def read_feature_words(rows: Iterable[Mapping[str, Any]]) -> dict[str, FeatureWords]:
    """Read the seed ``feature_words``: feature to its words."""
    return {row["feature"]: _read_words(row) for row in rows}


def words_for(feature: str, words: Mapping[str, FeatureWords]) -> FeatureWords:
    """Return the words of a feature, or default words if the seed has none."""
    label = feature.replace("_", " ")
    plain = FeatureWords(feature, f"lower {label}", f"higher {label}", f"{label} of {{}}", 2)
    return words.get(feature) or plain


def _read_words(row: Mapping[str, Any]) -> FeatureWords:
    for column in ("low_words", "high_words"):
        if not str(row[column] or "").strip():
            raise PlaybookError(
                f"feature_words: {column} of '{row['feature']}' is empty. Write what having "
                f"{'less' if column == 'low_words' else 'more'} of it means."
            )
    decimals = row["decimals"]
    if decimals is None or not 0 <= int(decimals) <= 9:
        raise PlaybookError(
            f"feature_words: decimals of '{row['feature']}' is {decimals}. Write 0 to 9."
        )
    return FeatureWords(
        feature=row["feature"],
        low_words=row["low_words"],
        high_words=row["high_words"],
        amount=_read_amount(row),
        decimals=int(decimals),
        customer_amount=_read_customer_amount(row),
    )


def _read_customer_amount(row: Mapping[str, Any]) -> str:
    amount = str(row.get("customer_amount") or "")
    rest = _NAMED_COLUMN.sub("", amount)
    if amount and (rest.count("{}") != 1 or rest.count("{") != 1 or rest.count("}") != 1):
        raise PlaybookError(
            f"feature_words: the customer_amount of '{row['feature']}' is {amount!r}. Write {{}} "
            "where its number goes, once, and other columns by their names, with digits after the "
            "point where they need some, e.g. 'days between purchases usually {usual_gap_days:1}, "
            "now {recency_days}, {} times'."
        )
    return amount


def _read_amount(row: Mapping[str, Any]) -> str:
    amount = str(row["amount"] or "")
    forms = amount.split("|")
    if len(forms) > 2 or any(form.count("{}") != 1 for form in forms):
        raise PlaybookError(
            f"feature_words: the amount of '{row['feature']}' is {amount!r}. Write {{}} where the "
            f"number goes, once, e.g. '{{}} income', or once for one and once for several, e.g. "
            f"'{{}} purchase|{{}} purchases'."
        )
    return amount
