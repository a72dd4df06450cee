"""The key under which customers are hashed, and the hash: HMAC-SHA256 (RFC 2104)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path

from segmentation.erasure.erasure_error import ErasureError
from segmentation.published.whole_files import sync_file, sync_names

KEY_BYTES = 32
# The block of SHA-256, to which HMAC pads a key.
BLOCK_BYTES = 64
# The message whose hash identifies a key. It is no customer's: no data set has such a name.
_KEY_MESSAGE = b"\x00segmentation suppression key"
_KEY_ID_DIGITS = 16


@dataclass(frozen=True)
class SuppressionKey:
    """A secret key.

    Attributes
    ----------
    secret : bytes
        At most 64 bytes; never shown.
    """

    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Sixteen hexadecimal digits that identify the key and do not reveal it."""
        return hmac.new(self.secret, _KEY_MESSAGE, hashlib.sha256).hexdigest()[:_KEY_ID_DIGITS]

    def hash_of(self, dataset: str, customer_id: str) -> str:
        """Return the hash of a customer: 64 hexadecimal digits.

        The message is ``dataset:customer_id`` in UTF-8. The macro ``suppression_hash`` computes the
        same in SQL.
        """
        message = f"{dataset}:{customer_id}".encode("utf-8", "surrogatepass")
        return hmac.new(self.secret, message, hashlib.sha256).hexdigest()

    @property
    def inner_pad(self) -> bytes:
        """The bytes before the message in the inner hash: the key XOR 0x36, 64 bytes."""
        return self._padded(0x36)

    @property
    def outer_pad(self) -> bytes:
        """The bytes before the inner hash in the outer one: the key XOR 0x5c, 64 bytes."""
        return self._padded(0x5C)

    def _padded(self, mask: int) -> bytes:
        return bytes(byte ^ mask for byte in self.secret.ljust(BLOCK_BYTES, b"\x00"))


def read_key(path: Path) -> SuppressionKey:
    """Read a key.

    Parameters
    ----------
    path : Path
        A file of one line, as :func:`make_key` writes it: 32 bytes in base64.

    Raises
    ------
    ErasureError
        If there is no such file, or it holds no key. The message does not show what it holds.
    """
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise ErasureError(
            f"There is no key {path}. Put the key there under which the suppression list was"
            " written, or name it: export SEGMENTATION_SUPPRESSION_KEY_FILE=/path/to/the/key"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ErasureError(f"The key {path} cannot be read ({type(error).__name__}).") from None
    try:
        secret = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise ErasureError(
            f"{path} holds no key: it must be one line, {KEY_BYTES} bytes in base64. Restore the"
            " file from where you keep a copy."
        )
    return SuppressionKey(secret)


def make_key(path: Path) -> SuppressionKey:
    """Make a new key, which only the owner of its file can read.

    Parameters
    ----------
    path : Path
        A path without a file, in an existing folder.

    Raises
    ------
    ErasureError
        If there is a file, or it cannot be written.
    """
    secret = os.urandom(KEY_BYTES)
    try:
        # Never replaces a key: its hashes would become useless.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ErasureError(f"The key {path} cannot be written: {error.strerror}.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(secret) + b"\n")
    sync_file(path)
    sync_names(path.parent)
    return SuppressionKey(secret)
