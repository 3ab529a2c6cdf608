"""Looking at a chain's plugins: each is loaded in a process of its own.

A plugin is somebody's code: it may crash, hang, or write to the terminal. There it ends only the
process, and what it writes leads nowhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, TypeVar

from plugin_bridge.jobs.workers.process import WorkerDied, WorkerProcess

if TYPE_CHECKING:
    from effects.chains.kinds import Parameter
    from effects.chains.plugins import PluginFolders
    from presets.chain_files.chain import Chain, Effect

Result = TypeVar("Result")


def describe(
    effect: Effect, chain: Chain, folders: PluginFolders, *, seconds: float
) -> list[Parameter]:
    """The parameters of a plugin.

    Args:
        effect: the plugin.
        chain: whose it is.
        folders: where it is looked for.
        seconds: how long it may take.

    Raises:
        ValueError: it cannot be loaded, or not in that time.
    """
    from effects.chains import build

    name = str(effect.settings.get("path", effect.name))
    return _aside(name, seconds, build.describe, effect, chain, folders)


def load(chain: Chain, folders: PluginFolders, *, seconds: float) -> None:
    """Load all plugins of a chain and set what it says; arguments and errors as of `describe`."""
    from effects.chains.kinds import plugins_of

    for it in plugins_of(chain):
        describe(it, chain, folders, seconds=seconds)
    _aside("its plugins", seconds, _build, chain, folders)


def _build(chain: Chain, folders: PluginFolders) -> None:
    from effects.chains.build import build

    build(chain, folders)  # what it makes stays in the process


def _aside(what: str, seconds: float, fn: Callable[..., Result], *arguments: Any) -> Result:
    """Call a function in a process of its own; ``what`` is loaded there, for messages."""
    answer: Future[Result] = Future()
    process = WorkerProcess(_silence)
    try:
        process.call(answer, fn, *arguments)
        return answer.result(seconds)
    except TooLate as error:
        raise ValueError(
            f"The plugin {what} did not load within {seconds:g} s: it hangs, or give it longer "
            "with --wait SECONDS."
        ) from error
    except WorkerDied as error:
        raise ValueError(f"The plugin {what} crashed while it was loaded.") from error
    finally:
        process.end()
        process.join()


def _silence(_: Connection) -> None:
    """Have what plugins write in C lead nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)
