"""The key of the suppression list, and its hash."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import duckdb
import pytest
from segmentation.erasure.erasure_error import ErasureError
from segmentation.erasure.suppression_key import SuppressionKey, make_key, read_key

# Of RFC 4231, test cases 1 to 3: keys that are shorter than a block.
VECTORS = [
    (
        b"\x0b" * 20,
        b"Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ),
    (
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        b"\xaa" * 20,
        b"\xdd" * 50,
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    ),
]


@pytest.mark.parametrize(("secret", "message", "expected"), VECTORS)
def test_the_pads_give_the_hashes_of_rfc_4231(secret: bytes, message: bytes, expected: str) -> None:
    key = SuppressionKey(secret)
    inner = hashlib.sha256(key.inner_pad + message).digest()
    assert hashlib.sha256(key.outer_pad + inner).hexdigest() == expected


@pytest.mark.parametrize(("secret", "message", "expected"), VECTORS)
def test_sql_computes_the_same_from_the_pads(secret: bytes, message: bytes, expected: str) -> None:
    """The expression of macros/engine/duckdb/suppression.sql, with the pads as parameters."""
    key = SuppressionKey(secret)
    ((found,),) = (
        duckdb.connect()
        .execute(
            "select sha256($1::blob || unhex(sha256($2::blob || $3::blob)))",
            [key.outer_pad, key.inner_pad, message],
        )
        .fetchall()
    )
    assert found == expected


def test_a_customer_of_another_data_set_has_another_hash() -> None:
    key = SuppressionKey(b"k" * 32)
    assert key.hash_of("sample", "C1") == hmac.digest(b"k" * 32, b"sample:C1", "sha256").hex()
    assert key.hash_of("members", "C1") != key.hash_of("sample", "C1")


def test_a_new_key_is_read_back_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    made = make_key(tmp_path / "key")
    assert read_key(tmp_path / "key") == made
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert make_key(tmp_path / "another").key_id != made.key_id


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    made = make_key(tmp_path / "key")
    with pytest.raises(ErasureError, match="File exists"):
        make_key(tmp_path / "key")
    assert read_key(tmp_path / "key") == made


@pytest.mark.parametrize("content", [b"", b"secret", b"AAAA", b"\xff\xfe", b"A" * 44 + b"\nmore"])
def test_a_file_without_a_key_is_refused_and_not_shown(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(ErasureError) as raised:
        read_key(tmp_path / "key")
    assert str(tmp_path / "key") in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_key_is_not_shown() -> None:
    assert "kkk" not in repr(SuppressionKey(b"k" * 32))
