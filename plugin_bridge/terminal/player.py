"""Plays a sound through the system's own player: no library is needed for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

#: Programs that play a WAV file and then end, with what keeps them from talking: PipeWire's,
#: PulseAudio's, ALSA's, Apple's, SoX's, mpv and FFmpeg's.
PLAYERS = (
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("afplay",),
    ("play", "-q"),
    ("mpv", "--no-video", "--really-quiet"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
)


class CannotPlay(ValueError):  # noqa: N818 - says what is the matter
    """No program here plays sounds; the message says why, as the beginning of a sentence."""


def play(wav: Path, seconds: float) -> None:
    """Play a WAV file through, or until an exception ends it (Ctrl-C, for example).

    A player that fails, since there is no server of its kind, makes room for the next.

    Args:
        wav: the file.
        seconds: how long it is.

    Raises:
        CannotPlay: there is no player, or none that works.
    """
    if sys.platform == "win32":
        _play_on_windows(wav, seconds)
        return
    failed = []
    for command in PLAYERS:
        program = shutil.which(command[0])
        if program is None:
            continue
        done = subprocess.run(
            [program, *command[1:], str(wav)],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        if done.returncode == 0:
            return
        said = done.stderr.split("\n")
        reason = next((line.strip() for line in reversed(said) if line.strip()), "it says nothing")
        failed.append(f"{command[0]}: {reason}")
    if failed:
        raise CannotPlay(f"No sound comes out of this machine ({'; '.join(failed)})")
    looked_for = ", ".join(command[0] for command in PLAYERS)
    raise CannotPlay(f"There is no program here that plays sounds (any of {looked_for} would do)")


def _play_on_windows(wav: Path, seconds: float) -> None:
    """Play it with what Python has for that. It would not end on Ctrl-C if it were waited for."""
    if sys.platform != "win32":
        return
    import winsound

    try:
        winsound.PlaySound(str(wav), winsound.SND_FILENAME | winsound.SND_ASYNC)
    except RuntimeError as error:
        raise CannotPlay(f"No sound comes out of this machine ({error})") from error
    try:
        time.sleep(seconds)
    finally:
        winsound.PlaySound(None, 0)
