"""Phone numbers in the international format E.164, by the library phonenumbers."""

from __future__ import annotations

from segmentation.audiences.audience import AudienceError


class NotNormalisedError(ValueError):
    """A value cannot be brought into the form that a destination wants; the message says why."""


def e164(text: str, region: str | None) -> str:
    """Return a phone number in E.164: a plus sign, the country's code, digits.

    Parameters
    ----------
    text : str
        As people write it. An extension is left out.
    region : str or None
        Two letters of ISO 3166: the country of numbers without a country's code.

    Raises
    ------
    NotNormalisedError
        If it is no valid number, or lacks the country's code and no region is given.
    """
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            reason = (
                "no country's code, and no region is given"
                if region is None
                else "an unknown country's code"
            )
            raise NotNormalisedError(f"phone: {reason}") from None
        raise NotNormalisedError("phone: not a number") from None
    if not phonenumbers.is_valid_number(number):
        raise NotNormalisedError("phone: no such number in its country")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def checked_region(region: str | None) -> str | None:
    """Return a region in capital letters, if there is one of that name.

    Raises
    ------
    AudienceError
        If there is not, or the package phonenumbers is not installed.
    """
    try:
        import phonenumbers
    except ImportError:
        raise AudienceError(
            "The package phonenumbers is missing. Destinations need the extra `audiences`; in the"
            " folder of the clone: pip install --editable '.[audiences]'"
        ) from None
    if region is None:
        return None
    if region.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise AudienceError(
            f"There is no region '{region}'. Write the two letters of a country, e.g. --region US."
        )
    return region.upper()
