"""Addresses and names in the form of each destination, on the examples that it publishes."""

from __future__ import annotations

import hashlib

import pytest
from segmentation.audiences.destinations import Destination, plain_email
from segmentation.audiences.google import (
    GOOGLE,
    google_country,
    google_email,
    google_name,
)
from segmentation.audiences.meta import META, meta_email, meta_name, meta_phone
from segmentation.audiences.phones import NotNormalisedError


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        # developers.google.com/data-manager/api/devguides/concepts/formatting
        ("cloudy.sanfrancisco+shopping@gmail.com", "cloudysanfrancisco@gmail.com"),
        ("user.name+NYC@Example.com", "user.name+nyc@example.com"),
        # White space goes wherever it is.
        (" Zoe @ Google Mail.com", "zoe@googlemail.com"),
        ("A.B.C@GoogleMail.com", "abc@googlemail.com"),
        ("a.b@sub.gmail.com", "a.b@sub.gmail.com"),
    ],
)
def test_addresses_for_google(text: str, normalised: str) -> None:
    assert google_email(text) == normalised


@pytest.mark.parametrize(
    ("header", "text", "region", "sent"),
    [
        # developers.facebook.com, customer information parameters.
        (
            "email",
            "John_Smith@gmail.com",
            None,
            "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
        ),
        (
            "phone",
            "(650)555-1212",
            "US",
            "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
        ),
        ("fn", "Mary", None, "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
        ("fn", "정", None, "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
        ("fn", "Valéry", None, "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
    ],
)
def test_hashes_that_meta_publishes(header: str, text: str, region: str | None, sent: str) -> None:
    (field,) = (field for field in META.fields if field.header == header)
    assert field.value_of(text, region) == sent


def test_each_destination_has_its_own_rules() -> None:
    assert meta_email(" J.Smith+News@gmail.com ") == "j.smith+news@gmail.com"
    assert google_email(" J.Smith+News@gmail.com ") == "jsmith@gmail.com"
    assert meta_phone("(650)555-1212", "US") == "16505551212"
    phone = GOOGLE.fields[1]
    # developers.google.com: (800)555-0100 is +18005550100.
    assert phone.normalised("(800)555-0100", "US") == "+18005550100"
    hashed = hashlib.sha256(b"+18005550100").hexdigest()
    assert phone.value_of("(800)555-0100", "US") == hashed
    assert meta_name("O'Brien-Smith") == "obriensmith"
    assert google_name(" Anna  Maria ") == "annamaria"


def test_google_gets_countries_and_postcodes_as_they_are() -> None:
    hashed = {field.header: field.is_hashed for field in GOOGLE.fields}
    assert hashed == {
        "Email": True,
        "Phone": True,
        "First Name": True,
        "Last Name": True,
        "Country": False,
        "Zip": False,
    }
    assert GOOGLE.fields[4].value_of(" us ", None) == "US"
    assert GOOGLE.fields[5].value_of(" WC2H 8LG ", None) == "WC2H 8LG"
    with pytest.raises(NotNormalisedError, match="two letters"):
        google_country("Germany")


@pytest.mark.parametrize(
    "text",
    ["", "  ", "nobody", "@example.com", "a@b", "a@b..com", "a@@b.com", "a@.com", "a b@c.de"],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(NotNormalisedError, match="email: not an address"):
        plain_email(text)


def test_nothing_is_left_of_a_gmail_address_or_a_name() -> None:
    with pytest.raises(NotNormalisedError):
        google_email("+all@gmail.com")
    with pytest.raises(NotNormalisedError, match="punctuation"):
        meta_name(" -- ")


@pytest.mark.parametrize(
    ("destination", "row", "is_found"),
    [
        (GOOGLE, ("e", None, None, None, None, None), True),
        (GOOGLE, (None, "p", None, None, None, None), True),
        (GOOGLE, (None, None, "f", "l", "US", "1"), True),
        (GOOGLE, (None, None, "f", "l", "US", None), False),
        (META, (None, None, "f", "l"), False),
        (META, ("e", None, None, None), True),
    ],
)
def test_what_finds_a_person(
    destination: Destination, row: tuple[str | None, ...], is_found: bool
) -> None:
    assert destination.finds(row) is is_found
