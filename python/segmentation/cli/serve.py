"""``segmentation serve``: the segments over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from segmentation.cli.conventions import CommandError
from segmentation.cli.published_option import Published, file_of
from segmentation.published.opened_file import OpeningError


def serve(
    published: Published = None,
    host: Annotated[
        str,
        typer.Option(help="The address to listen on; all but this machine's own need a token."),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")
    ] = 8000,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="A file with the token that requests must carry. Without it,"
            " SEGMENTATION_SERVICE_TOKEN or SEGMENTATION_SERVICE_TOKEN_FILE."
        ),
    ] = None,
) -> None:
    """Serve segments and scores over HTTP, from the file that a build published.

    When a build publishes, the service takes up the new version without a restart. GET /docs
    describes its requests.
    """
    file = file_of(published)
    try:
        from segmentation.scorer.current_scorers import NoModelError
        from segmentation.service.server import serve as run
        from segmentation.service.service_settings import (
            ServiceSettings,
            SettingsError,
            read_token,
        )
    except ImportError as error:
        raise CommandError(
            f"The package {error.name} is missing. The service needs the extra `service`; in the"
            " folder of the clone: pip install --editable '.[service]'"
        ) from None
    try:
        run(ServiceSettings(file, read_token(os.environ, token_file)), host, port)
    except (SettingsError, OpeningError, NoModelError) as error:
        raise CommandError(str(error)) from None
