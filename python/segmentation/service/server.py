"""Runs the service until it is told to stop."""

from __future__ import annotations

import gc
import logging
import signal
from dataclasses import replace

import uvicorn

from segmentation.service.application import application
from segmentation.service.connections import PromptProtocol
from segmentation.service.service_settings import (
    ServiceSettings,
    check_address,
    names_of_this_machine,
)

# Requests that are under way have so long when the service is told to stop.
SECONDS_TO_STOP = 20


def serve(settings: ServiceSettings, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C; requests under way are answered first.

    Parameters
    ----------
    settings : ServiceSettings
    host : str
    port : int
        0 takes any that is free; the log says which.

    Raises
    ------
    SettingsError
        If the address is not of this machine alone and there is no token.
    OpeningError, NoModelError
        If the published file cannot be served.
    """
    check_address(host, settings.token)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if settings.token is None:
        settings = replace(settings, hosts=names_of_this_machine(host))
    app = application(settings)
    # What is loaded now stays: Python's search for cycles need not go through it again and again,
    # which takes a quarter of a second while requests wait.
    gc.collect()
    gc.freeze()
    # uvicorn raises the signal that stopped it once more: who asked for a stop gets exit code 0.
    signal.signal(signal.SIGTERM, lambda *_: None)
    uvicorn.run(
        app,
        host=host,
        port=port,
        http=PromptProtocol,
        # Its lines would name customers; those of the guard do not.
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=SECONDS_TO_STOP,
    )
