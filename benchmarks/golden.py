"""Does this version sound like another? Forty-odd varied calls, kept and compared.

    python -m benchmarks.golden store FILE      # at one commit
    python -m benchmarks.golden compare FILE    # at another, on the same machine

Only public names are called. Bits depend on the processor and on the versions of the libraries, so
FILE is made and compared on one machine, and is not part of the repository. If a call gives other
bits, the difference is told in decibels relative to the peak of what it gave before.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import mido
import numpy as np
import pedalboard
from numpy.typing import NDArray
from pedalboard.io import AudioFile

import presets
from benchmarks import script
from effects import Chain, Mix, Pedalboard, StyleTransfer, automate

Audio = NDArray[np.float32]
#: When a library replaces arithmetic of our own, results may differ by less than this.
ALLOWED_DB = -90.0
RESTYLE = [sys.executable, "-c", "from plugin_bridge.cli.main import main; main()"]
Calls = Iterator[tuple[str, Callable[[], Audio]]]


def clip(name: str, seconds: float, start: float = 0.0) -> tuple[Audio, float]:
    """A part of a preset's clip, ``[1, samples]``, and its rate in Hz."""
    with AudioFile(str(presets.get(name).clip)) as file:
        file.seek(round(start * file.samplerate))
        return file.read(round(seconds * file.samplerate)), file.samplerate


def recording(name: str, seconds: float, rate: float = 44_100) -> Audio:
    """A part of one of the demo's recordings."""
    import plugin_bridge

    path = Path(plugin_bridge.__file__).parent / "recordings" / name / "clip.ogg"
    with AudioFile(str(path)).resampled_to(rate) as file:
        return file.read(round(seconds * rate))


def glide(seconds: float, rate: float) -> Audio:
    """A voice whose pitch glides, ``[1, samples]``: ten partials, with a pause in the middle."""
    t = np.arange(round(seconds * rate)) / rate
    hz = 180 * 2 ** (0.5 * np.sin(2 * np.pi * 0.4 * t) + 0.3 * np.sin(2 * np.pi * 1.1 * t))
    phase = 2 * np.pi * np.cumsum(hz) / rate
    sound = sum(np.sin(k * phase) / k for k in range(1, 11))
    envelope = np.clip(np.abs(t - seconds / 2) * 8 - 1, 0, 1) * np.minimum(1, 20 * (seconds - t))
    return (0.2 * sound * envelope).astype(np.float32)[None]


def noise(seconds: float, rate: float) -> Audio:
    """White noise, ``[1, samples]``."""
    return np.random.default_rng(5).normal(0, 0.1, (1, round(seconds * rate))).astype(np.float32)


def midi_file(folder: Path) -> Path:
    """Program changes and controllers over three seconds."""
    track = mido.MidiTrack()
    for time, kind, values in (
        (0, "program_change", {"program": 40}),
        (0, "control_change", {"control": 1, "value": 90}),
        (960, "control_change", {"control": 1, "value": 40}),
        (480, "program_change", {"program": 0}),
        (480, "control_change", {"control": 91, "value": 60}),
        (240, "control_change", {"control": 7, "value": 100}),
    ):
        track.append(mido.Message(kind, time=time, **values))
    file = mido.MidiFile(ticks_per_beat=480)
    file.tracks.append(track)
    path = folder / "ride.mid"
    file.save(path)
    return path


def command(folder: Path, name: str, *options: str) -> Audio:
    """What ``restyle apply`` writes."""
    out = folder / name
    source = folder / "in.wav"
    with AudioFile(str(source), "w", 44_100, 2, 24) as file:
        file.write(recording("guitar", 3))
    out.unlink(missing_ok=True)
    environment = {**os.environ, "COLUMNS": "80"}
    subprocess.run(
        [*RESTYLE, "apply", str(source), str(out), *options],
        check=True,
        capture_output=True,
        env=environment,
    )
    with AudioFile(str(out)) as file:
        return file.read(file.frames)


def calls(folder: Path) -> Calls:
    """All calls, by name."""
    yield from of_recordings()
    yield from of_clips()
    yield from of_other_engines()
    yield from of_boards()
    yield from of_midi(folder)
    yield from of_commands(folder)


def transfer(audio: Audio, rate: float, **options: object) -> Callable[[], Audio]:
    """A call of the effect."""
    return lambda: StyleTransfer(**options)(audio, rate)


def of_recordings() -> Calls:
    """The default engine on recordings: notes, strokes and textures."""
    guitar, drums, rate = recording("guitar", 5), recording("drums", 3), 44_100
    safari, tabla = recording("safari", 5), recording("tabla", 4)
    yield "sampler guitar violin", transfer(guitar, rate, preset="violin")
    yield "sampler guitar clip", transfer(guitar, rate, style=(tabla, rate))
    yield "sampler guitar kit", transfer(guitar, rate, preset="standard-kit")
    yield "sampler guitar texture", transfer(guitar[:, :88_200], rate, preset="seashore")
    yield "sampler drums kit", transfer(drums, rate, preset="tr-808-kit")
    yield "sampler drums piano", transfer(drums, rate, preset="grand-piano")
    yield "sampler tabla cello", transfer(tabla, rate, preset="cello")
    yield "sampler tabla kit", transfer(tabla, rate, preset="jazz-kit")
    yield "sampler safari marimba", transfer(safari, rate, preset="marimba")
    yield "sampler safari half", transfer(safari, rate, preset="oboe", strength=0.5)


def of_clips() -> Calls:
    """The default engine on clips and made sounds: voice, noise, rates, channels, lengths."""
    guitar, safari = recording("guitar", 5), recording("safari", 5)
    flute, rate = clip("flute", 5)
    piano, _ = clip("grand-piano", 6, 9)
    yield "sampler flute trumpet", transfer(flute, rate, preset="trumpet")
    yield "sampler flute clip", transfer(flute, rate, style=(guitar, rate))
    yield "sampler flute mix", transfer(flute, rate, preset="bird", mix=0.4)
    yield "sampler piano organ", transfer(piano, rate, preset="church-organ")
    yield "sampler piano quarter", transfer(piano, rate, preset="kalimba", strength=0.25, mix=0.7)
    yield "sampler voice", transfer(glide(4, 44_100), 44_100, preset="violin")
    yield "sampler voice half", transfer(glide(4, 48_000), 48_000, preset="oboe", strength=0.5)
    yield "sampler voice style", transfer(flute, rate, style=(glide(4, 44_100), 44_100))
    yield "sampler noise", transfer(noise(2, 22_050), 22_050, preset="violin")
    yield "sampler noise style", transfer(piano[:, :66_150], rate, style=(noise(2, rate), rate))
    yield "sampler 8 kHz", transfer(recording("guitar", 4, 8000), 8000, preset="violin")
    yield "sampler 96 kHz", transfer(recording("guitar", 3, 96_000), 96_000, preset="banjo")
    opposite = np.concatenate([flute, -flute, 0.3 * piano[:, : flute.shape[1]]])
    yield "sampler three channels", transfer(opposite, rate, preset="clarinet")
    yield "sampler long", transfer(np.tile(safari, 6), rate, preset="vibraphone")
    yield "sampler samples last", transfer(guitar.T.astype(np.float64), rate, preset=73)
    yield "sampler short", transfer(flute[0, 30_000:34_000], rate, preset="violin")


def of_other_engines() -> Calls:
    """The engines that compare Gram matrices."""
    short, rate = recording("guitar", 5)[:, 20_000:86_000], 44_100
    yield "infinite stereo", transfer(short, rate, preset="violin", engine="infinite")
    yield (
        "infinite strong",
        transfer(short, rate, preset="bright-piano", engine="infinite", strength=1),
    )
    yield (
        "infinite windows",
        transfer(
            recording("guitar", 14, 16_000), 16_000, preset="tuba", engine="infinite", strength=0.7
        ),
    )
    yield (
        "random_cnn_1d",
        transfer(short[:, :44_100], rate, preset="violin", engine="random_cnn_1d", seed=3),
    )
    for engine in ("random_cnn_2d", "vgg19", "vggish", "cnn14"):
        seconds = {"random_cnn_2d": 0.4, "vgg19": 0.4}.get(engine, 1.0)
        yield (
            engine,
            transfer(
                short[:, : round(seconds * rate)], rate, preset="violin", engine=engine, seed=3
            ),
        )


def of_boards() -> Calls:
    """Chains and mixes, with pedalboard's own effects in them."""
    guitar, safari, rate = recording("guitar", 5), recording("safari", 5), 44_100
    yield (
        "board",
        lambda: Pedalboard(
            [
                pedalboard.HighpassFilter(80),
                StyleTransfer(preset="violin"),
                pedalboard.Reverb(room_size=0.4),
            ]
        )(guitar, rate),
    )
    yield (
        "mix",
        lambda: Mix(
            [
                Chain([StyleTransfer(preset="cello"), pedalboard.Gain(-6)]),
                Chain([pedalboard.Delay(0.1), pedalboard.Gain(-3)]),
            ]
        )(safari[:, :132_300], rate),
    )


def of_midi(folder: Path) -> Calls:
    """Settings that a MIDI file moves."""
    guitar, rate, ride = recording("guitar", 5), 44_100, midi_file(folder)
    yield "automate", lambda: automate(guitar[:, :132_300], rate, ride, preset="flute")
    yield (
        "automate infinite",
        lambda: automate(guitar[:, :88_200], rate, ride, preset="flute", engine="infinite"),
    )


def of_commands(folder: Path) -> Calls:
    """The command line."""
    apply, ride = partial(command, folder), midi_file(folder)
    yield "apply wav", lambda: apply("a.wav", "--preset", "violin")
    yield "apply flac", lambda: apply("a.flac", "--preset", "koto", "--strength", "0.6")
    yield "apply mp3", lambda: apply("a.mp3", "--preset", "harp", "--mix", "0.5")
    yield "apply midi", lambda: apply("m.wav", "--midi", str(ride), "--preset", "tuba")


def main() -> int:
    """Store or compare; returns 1 if anything differs by more than `ALLOWED_DB`."""
    parser = script.parser(__doc__)
    parser.add_argument("action", choices=("store", "compare"))
    parser.add_argument("file", type=Path, metavar="FILE.npz")
    parser.add_argument(
        "--only", default="", metavar="WORD", help="only calls with this in their names"
    )
    chosen = parser.parse_args()
    script.announce(__doc__, "numpy", "torch", "onnxruntime", "librosa", "soxr")
    before = dict(np.load(chosen.file)) if chosen.action == "compare" else {}
    found, worst = {}, -np.inf
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RESTYLE_CACHE_DIR"] = str(Path(folder, "cache"))
        wanted = [it for it in calls(Path(folder)) if chosen.only in it[0]]
        for name, call in wanted:
            found[name] = call()
            if chosen.action == "store":
                print(f"{name:28} {found[name].shape}", flush=True)
            else:
                difference_db = difference(found[name], before.get(name))
                worst = max(worst, difference_db)
                print(f"{name:28} {said(difference_db)}", flush=True)
    if chosen.action == "store":
        np.savez(chosen.file, **found)
        return 0
    print(f"the largest difference of {len(wanted)} calls: {said(worst)}")
    return int(worst > ALLOWED_DB)


def difference(after: Audio, before: Audio | None) -> float:
    """The largest difference of a sample, in dB relative to the peak before; infinite if new."""
    if before is None or (before.shape, before.dtype) != (after.shape, after.dtype):
        return np.inf
    most = float(np.abs(after - before).max())
    return 20 * np.log10(most / np.abs(before).max()) if most else -np.inf


def said(difference_db: float) -> str:
    """The difference in words."""
    words = {-np.inf: "the same bits", np.inf: "new, or of another shape"}
    return words.get(difference_db, f"{difference_db:.1f} dB")


if __name__ == "__main__":
    sys.exit(main())
