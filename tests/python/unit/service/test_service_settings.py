"""Who may ask a service, and from where."""

from __future__ import annotations

from pathlib import Path

import pytest
from segmentation.service.service_settings import (
    TOKEN,
    TOKEN_FILE,
    ServiceSettings,
    SettingsError,
    check_address,
    read_token,
)

SECRET = "0123456789abcdef"


def test_addresses() -> None:
    for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost"):
        check_address(host, None)
    for host in ("0.0.0.0", "::", "192.168.1.4", "shop.example", ""):
        with pytest.raises(SettingsError, match="--token-file"):
            check_address(host, None)
        check_address(host, SECRET)


def test_where_a_token_stands(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{SECRET}\n")
    assert read_token({}, None) is None
    assert read_token({TOKEN: SECRET}, None) == SECRET
    assert read_token({TOKEN_FILE: str(file)}, None) == SECRET
    assert read_token({}, file) == SECRET
    with pytest.raises(SettingsError, match="two tokens"):
        read_token({TOKEN: SECRET}, file)
    file.write_text("")
    with pytest.raises(SettingsError, match="is empty"):
        read_token({}, file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="it is no text"):
        read_token({}, file)
    for token in ("short", SECRET + " x", SECRET + "é"):
        with pytest.raises(SettingsError, match="16 ASCII characters"):
            read_token({TOKEN: token}, None)


@pytest.mark.parametrize(
    ("header", "admitted"),
    [
        (f"Bearer {SECRET}", True),
        (f"bearer  {SECRET} ", True),
        (f"Basic {SECRET}", False),
        (SECRET, False),
        ("Bearer", False),
        (f"Bearer {SECRET}0", False),
        ("Bearer é", False),
        (None, False),
    ],
)
def test_headers(header: str | None, admitted: bool) -> None:
    settings = ServiceSettings(Path("x"), SECRET)
    assert settings.admits(header.encode() if header is not None else None) is admitted
    assert ServiceSettings(Path("x")).admits(None)
    assert SECRET not in repr(settings)
