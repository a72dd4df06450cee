"""The process of the command that started a backfill: the backfill ends when it does."""

from __future__ import annotations

import os
import signal
import sys
import threading


def stop_with_command() -> None:
    """Stop this process as Ctrl-C does, as soon as the command has ended, however it ended.

    Standard input has to be a pipe that only the command can write to: it ends with the command.
    """
    # Only the command sends it. A shell lets processes in the background ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_wait_for_end, args=(sys.stdin.fileno(),), daemon=True).start()


def _wait_for_end(pipe: int) -> None:
    # Not by sys.stdin: its lock would be held while the interpreter ends.
    while os.read(pipe, 1024):
        pass
    # To the process: its main thread may wait for a thread of dbt.
    os.kill(os.getpid(), signal.SIGINT)
