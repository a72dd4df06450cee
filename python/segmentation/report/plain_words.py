"""What a fit wrote for analysts, in the words of the page."""

from __future__ import annotations

import re

# What a fit writes, as a pattern, and what the page says instead.
_WORDS = (
    (r"\berror \(RMSE of (\w+) per customer\)", r"typical error for a customer's \1"),
    (r"\bRMSE\b", "typical error"),
    (
        r"The likelihood of the spend model has no maximum inside: all customers spend alike, or a"
        r" few spend without measure\. A weak penalty keeps the parameters finite\.",
        "All customers spend alike, or a few spend very much more than the others: the model of"
        " spending is less certain than usual.",
    ),
    (
        r"The likelihood of \S+ has no maximum inside: the customers are too alike, or hardly"
        r" anybody leaves\. A weak penalty keeps the parameters finite; do not interpret them one"
        r" by one\.",
        "The customers are too alike, or hardly anybody leaves: the model of purchases is less"
        " certain than usual.",
    ),
    (
        r"Only one of (\d+) searches for the parameters of \S+ ended at the highest"
        r" log-likelihood\.",
        r"Only one of \1 searches for the model of purchases found the best one.",
    ),
    (r"\bthere is no model yet\b", "there was no model before"),
)


def in_plain_words(text: str) -> str:
    """Return a text of a mart without the terms that only analysts know.

    Parameters
    ----------
    text : str
        What is not known here stays as it is.
    """
    for pattern, words in _WORDS:
        text = re.sub(pattern, words, text)
    return text
