"""Ableton Live without Max: restyle the selected clip by way of AbletonOSC.

AbletonOSC (https://github.com/ideoforms/AbletonOSC) is a free control surface for Live. It tells
which file the selected Session clip plays, and which part of it; of clips in the Arrangement it
tells only names, lengths and places (its issue 135). It cannot put sound into Live, so the user
drags the result in. While ``restyle serve`` runs::

    python -m plugin_bridge.daw.ableton.abletonosc --preset violin
"""

from __future__ import annotations

import argparse
import re
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from plugin_bridge.osc.addresses import HOST, PORT
from plugin_bridge.osc.client import Client, Refused, Result
from plugin_bridge.osc.datagram import BadDatagram, encode, read

if TYPE_CHECKING:
    from effects.running.progress import OnProgress

LIVE_PORT, REPLY_PORT = 11000, 11001  # fixed in AbletonOSC: where it listens, where it answers to
# UDP may lose a question or its answer. By guess, in seconds: Live answers once per frame.
PAUSE_SECONDS = 0.5  # from a question to its repetition
PATIENCE_SECONDS = 3.0  # without an answer
MOST_NAMES = 1000  # numbers tried for a result's name; by guess
WARPED = (
    "The clip is warped, and AbletonOSC does not tell where in the file it starts: all of the file "
    "is restyled."
)

WRONG, INTERRUPTED = 2, 130


class Silent(ValueError):  # noqa: N818 - says what is the matter
    """AbletonOSC does not answer a question."""


class LiveClip(NamedTuple):
    """A clip of the Session view.

    Attributes:
        name: what it is called in Live.
        path: the sound file that it plays.
        start_seconds: where in the file it starts; None for the file's beginning.
        end_seconds: where it ends; None for the file's end.
        warped: whether its markers are in beats. AbletonOSC does not tell them in seconds, so the
            two above are None.
    """

    name: str
    path: Path
    start_seconds: float | None
    end_seconds: float | None
    warped: bool


class AbletonOSC:
    """A connection to AbletonOSC, to be closed by `close` or at the end of a ``with`` block.

    Raises:
        ValueError: the port that AbletonOSC answers to is in use.
    """

    def __init__(
        self, host: str = HOST, port: int = LIVE_PORT, *, reply_port: int = REPLY_PORT
    ) -> None:
        self._to = host, port
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind(
                ("127.0.0.1" if host in ("127.0.0.1", "localhost") else "", reply_port)
            )
        except OSError as error:
            self._socket.close()
            raise ValueError(
                f"Port {reply_port} is in use: close the other program that talks to AbletonOSC."
            ) from error

    def close(self) -> None:
        """Give the port back. Calling this again does nothing."""
        self._socket.close()

    def __enter__(self) -> AbletonOSC:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def ask(self, address: str, *arguments: int) -> tuple[Any, ...]:
        """Ask AbletonOSC. Returns its answer, without the arguments, which it repeats.

        Raises:
            Silent: there is no answer.
            OSError: the host is unknown, or cannot be reached.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            self._socket.sendto(encode(address, *arguments), self._to)
            again = min(time.monotonic() + PAUSE_SECONDS, end)
            while (left := again - time.monotonic()) > 0:
                for to, said in self._receive(left):
                    if to == address and said[: len(arguments)] == arguments:
                        return said[len(arguments) :]
        raise Silent(f"AbletonOSC does not answer {address}.")

    def selected_clip(self) -> LiveClip:
        """The clip in the selected slot of the Session view.

        Raises:
            ValueError: AbletonOSC does not answer, or there is no audio clip in the slot.
            OSError: the host is unknown, or cannot be reached.
        """
        try:
            (track,) = self.ask("/live/view/get/selected_track")
            (scene,) = self.ask("/live/view/get/selected_scene")
        except Silent as error:
            raise Silent(
                f"No AbletonOSC answers at {self._to[0]}:{self._to[1]}: start Live, choose "
                "AbletonOSC as a control surface in its settings, and select a clip of an audio "
                "track in the Session view."
            ) from error
        place = int(track), int(scene)
        (filled,) = self.ask("/live/clip_slot/get/has_clip", *place)
        if not filled or not self.ask("/live/clip/get/is_audio_clip", *place)[0]:
            raise ValueError(
                f"There is no audio clip on track {place[0] + 1} in scene {place[1] + 1}: "
                "select one in the Session view. Of clips in the Arrangement, AbletonOSC does not "
                "tell the file: Restyle's device for Max for Live takes them."
            )
        (path,) = self.ask("/live/clip/get/file_path", *place)
        if not isinstance(path, str) or not path:
            raise ValueError("The selected clip has no sound file: freeze and flatten its track.")
        (name,) = self.ask("/live/clip/get/name", *place)
        return LiveClip(str(name or ""), Path(path), *self._span(place))

    def _span(self, place: tuple[int, int]) -> tuple[float | None, float | None, bool]:
        """The clip's markers in seconds, and whether it is warped."""
        try:
            (warped,) = self.ask("/live/clip/get/warping", *place)
            if warped:
                return None, None, True
            (start,) = self.ask("/live/clip/get/start_marker", *place)
            (end,) = self.ask("/live/clip/get/end_marker", *place)
        except Silent:  # older versions do not tell markers
            return None, None, False
        if not max(float(start), 0.0) < float(end):
            raise ValueError("There is no sound between the clip's start and end markers.")
        return (float(start) if start > 0 else None), float(end), False

    def _receive(self, seconds: float) -> list[tuple[str, tuple[Any, ...]]]:
        """The messages of the next datagram; an empty list if none comes in time."""
        self._socket.settimeout(seconds)
        try:
            return [(it.address, it.arguments) for it in read(self._socket.recv(65536))]
        except (TimeoutError, BlockingIOError, ConnectionError, BadDatagram):
            return []


def submit_clip(
    client: Client,
    clip: LiveClip,
    preset: str,
    *,
    style: Path | None = None,
    engine: str | None = None,
    strength: float | None = None,
    output: Path | None = None,
) -> str:
    """Submit a clip. Returns the job's id. The result is ``output``, or a file beside the source.

    Raises what `Client.submit` raises.
    """
    label = re.sub(r'[/\\:*?"<>|]', "-", preset if style is None else style.stem) or "restyled"
    for number in range(1, MOST_NAMES + 1):
        name = f"{clip.path.stem} ({label}) {number}.wav"
        try:
            return client.submit(
                clip.path,
                output or clip.path.with_name(name),
                preset,
                style=style,
                engine=engine,
                strength=strength,
                start_seconds=clip.start_seconds,
                end_seconds=clip.end_seconds,
            )
        except Refused as refusal:
            if output or refusal.code not in ("out_exists", "out_taken"):
                raise
    raise ValueError(f"{clip.path.parent} has {MOST_NAMES} results of this clip: move some away.")


def restyle(
    client: Client,
    clip: LiveClip,
    preset: str,
    *,
    style: Path | None = None,
    engine: str | None = None,
    strength: float | None = None,
    output: Path | None = None,
    on_progress: OnProgress | None = None,
) -> Result:
    """Submit a clip and wait for it; Ctrl-C cancels it.

    Args:
        client: the Restyle server.
        clip: what `AbletonOSC.selected_clip` returned.
        preset: a style by name; "" for the server's own choice.
        style: a clip of one's own, in place of a preset.
        engine: the engine's name; None for the usual one.
        strength: 0 leaves the clip as it is, 1 is all style; None for the server's default.
        output: the file to write; None for ``<source> (<preset>) <number>.wav`` beside the source.
        on_progress: as for `Client.wait`.

    Raises what `Client.submit` and `Client.wait` raise.
    """
    job = submit_clip(
        client, clip, preset, style=style, engine=engine, strength=strength, output=output
    )
    try:
        return client.wait(job, on_progress=on_progress)
    except KeyboardInterrupt:
        with suppress(ValueError, OSError):
            client.cancel(job)
        raise


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the shell. Returns 0, 2 if something was wrong, or 130 after Ctrl-C."""
    from plugin_bridge.errors import explain

    given = _parser().parse_args(arguments)
    try:
        result = _restyle_selected(given)
    except KeyboardInterrupt:
        print("restyle: stopped", file=sys.stderr)
        return INTERRUPTED
    except (ValueError, OSError) as error:
        print(f"restyle: {explain(error)}", file=sys.stderr)
        return WRONG
    print(f"{result.out}\nDrag it into Live: AbletonOSC cannot.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m plugin_bridge.daw.ableton.abletonosc",
        description="Restyle the clip that is selected in Ableton Live's Session view, by way of "
        "AbletonOSC and restyle serve.",
    )
    parser.add_argument("--preset", default="", help="the style; the server's choice without it")
    parser.add_argument("--style", type=Path, help="a sound file, in place of a preset")
    parser.add_argument("--engine", help="the engine's name; sampler without it")
    parser.add_argument("--strength", type=float, help="from 0 to 1")
    parser.add_argument("--output", type=Path, help="the file to write; beside the clip without it")
    parser.add_argument("--host", default=HOST, help="where restyle serve is (default %(default)s)")
    parser.add_argument("--port", type=int, default=PORT, help="its port (default %(default)s)")
    parser.add_argument(
        "--live-port", type=int, default=LIVE_PORT, help="AbletonOSC's (default %(default)s)"
    )
    parser.add_argument(
        "--reply-port", type=int, default=REPLY_PORT, help="where it answers (default %(default)s)"
    )
    return parser


def _restyle_selected(given: argparse.Namespace) -> Result:
    """Restyle the clip that is selected in Live, with a progress bar."""
    from plugin_bridge.terminal.progress_bar import progress_bar

    with (
        Client(given.host, given.port) as client,
        AbletonOSC(port=given.live_port, reply_port=given.reply_port) as live,
    ):
        clip = live.selected_clip()
        if clip.warped:
            print(WARPED, file=sys.stderr)
        with progress_bar(clip.path.name) as report:
            return restyle(
                client,
                clip,
                given.preset,
                style=given.style,
                engine=given.engine,
                strength=given.strength,
                output=given.output,
                on_progress=report,
            )


if __name__ == "__main__":
    sys.exit(main())
