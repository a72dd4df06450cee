"""What a service is told when it starts, and what it refuses."""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TOKEN, TOKEN_FILE = "SEGMENTATION_SERVICE_TOKEN", "SEGMENTATION_SERVICE_TOKEN_FILE"
SHORTEST_TOKEN = 16

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]]+?)\.?(?::[0-9]*)?")


class SettingsError(ValueError):
    """A setting with which the service does not start; the message says what to do."""


@dataclass(frozen=True)
class Limits:
    """What one request may cost.

    Attributes
    ----------
    body_bytes : int
        Largest body.
    people : int
        Most people of one request.
    body_seconds : float
        Within which a body must have arrived.
    answer_seconds : float
        Within which people must be scored.
    requests_at_once : int
        Further ones are told to come again.
    """

    body_bytes: int = 2_000_000
    people: int = 1_000
    body_seconds: float = 10.0
    answer_seconds: float = 30.0
    requests_at_once: int = 256


@dataclass(frozen=True)
class ServiceSettings:
    """What a service serves, and to whom.

    Attributes
    ----------
    file : Path
        The published file.
    token : str or None
        What requests must carry; None where everybody who reaches the address may ask.
    limits : Limits
    hosts : frozenset of str or None
        Which machines a request may be meant for, by its header ``Host``; None where any.
    poll_seconds : float
        How often the file is looked at for a new version.
    """

    file: Path
    token: str | None = field(default=None, repr=False)
    limits: Limits = field(default_factory=Limits)
    hosts: frozenset[str] | None = None
    poll_seconds: float = 1.0

    def serves(self, host: bytes | None) -> bool:
        """Return whether a request with a header ``Host`` is meant for this service.

        A page of another site can make a browser ask 127.0.0.1 by a name that it resolves so (DNS
        rebinding), and reads the answer; the header has that name. What is no browser may send
        none.
        """
        if self.hosts is None or host is None:
            return True
        found = _HOST.fullmatch(host.decode("latin-1").lower())
        return found is not None and found["name"] in self.hosts

    def admits(self, authorization: bytes | None) -> bool:
        """Return whether a header ``Authorization`` lets a request in, in constant time."""
        if self.token is None:
            return True
        given = authorization or b""
        scheme, _, token = given.partition(b" ")
        is_same = hmac.compare_digest(token.strip(), self.token.encode())
        return is_same and scheme.lower() == b"bearer"


def read_token(environment: Mapping[str, str], file: Path | None) -> str | None:
    """Return the token: of a file, else of the environment; None where there is none.

    Raises
    ------
    SettingsError
        If there are two, the file cannot be read, or the token is short or has other characters
        than a header carries.
    """
    named = file or (Path(environment[TOKEN_FILE]) if environment.get(TOKEN_FILE) else None)
    token = environment.get(TOKEN, "")
    if named and token:
        raise SettingsError(f"There are two tokens, {named} and {TOKEN}. Keep one of them.")
    if named:
        try:
            token = named.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise SettingsError(f"The token file {named} cannot be read: {reason}.") from error
        if not token:
            raise SettingsError(f"The token file {named} is empty.")
    if not token:
        return None
    if len(token) < SHORTEST_TOKEN or not all("!" <= letter <= "~" for letter in token):
        raise SettingsError(
            f"The token must have {SHORTEST_TOKEN} ASCII characters or more, and no space. "
            "`openssl rand -hex 32` makes one."
        )
    return token


def names_of_this_machine(host: str) -> frozenset[str]:
    """Return the names that a browser on this machine has for a service that only it reaches.

    Parameters
    ----------
    host : str
        The address that the service listens on.
    """
    bound = f"[{host}]" if ":" in host else host
    return frozenset({"localhost", "127.0.0.1", "[::1]", bound.lower()})


def check_address(host: str, token: str | None) -> None:
    """Refuse to listen to other machines without a token.

    Raises
    ------
    SettingsError
    """
    if token is None and not _is_loopback(host):
        raise SettingsError(
            f"{host} can be reached from other machines, and the answers are about customers. Set "
            f"a token with {TOKEN} or --token-file, or listen on 127.0.0.1."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
