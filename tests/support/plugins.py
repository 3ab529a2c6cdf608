"""VST3 plugins for the tests, built from one file of C when they are needed."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("plugin.c")

_WORDS = {"any": 0, "never": 0, "load": 1, "process": 2, True: 1, False: 0}


def missing() -> str:
    """Why no plugin can be built here; empty if one can."""
    if sys.platform != "linux":
        return "the plugins for tests are built for Linux alone"
    return "" if shutil.which("cc") else "no C compiler (cc) is installed"


def build(folder: Path, name: str, **options: bool | float | str) -> Path:
    """Build a plugin, ``folder/NAME.vst3``.

    An effect multiplies what it is given by its parameter ``gain`` (0 to 2; 1), and by 1, -1 or
    0.5 as ``mode`` is "straight", "inverted" or "halved"; ``meter`` is read-only. While ``learn``
    is on, the peak of the last block is kept, which everything is then multiplied by: it is in the
    state and no parameter.

    An instrument plays every note as a cosine that begins at its peak, 0.25 times the velocity,
    and decays in 0.5 s to 1/e; 50 ms after its release it is exactly silent. The channel volume
    (CC 7) sets its parameter ``level``.

    Args:
        folder: where the bundle is written.
        name: of the bundle and the plugin.
        options: ``instrument=True``: no effect. ``channels=1`` or 2: mono or stereo alone; an
            instrument is in stereo if it is not given. ``latency``: samples by which it delays and
            that it reports. ``tail``: samples after which everything comes again, ``feedback``
            (0.5) as loud. ``crash`` or ``hang``: "load" or "process", ``after=N``: as soon as more
            than N samples come since the last reset; what pedalboard tries when it loads a plugin
            does not count. ``noise=True``: prints on stdout and stderr. ``classes=2``: two plugins
            in one file, NAME and "NAME 2". ``forgetful=True``: its state does not bring back what
            it learned.
    """
    library = folder / f"{name}.vst3" / "Contents" / f"{platform.machine()}-linux" / f"{name}.so"
    library.parent.mkdir(parents=True, exist_ok=True)
    defines = [f'-DNAME="{name}"']
    defines += [f"-D{key.upper()}={_WORDS.get(it, it)}" for key, it in options.items()]
    # Without contraction a product and a sum are rounded as they are in numpy.
    flags = ["-std=gnu11", "-O1", "-shared", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off"]
    subprocess.run(["cc", *flags, *defines, str(SOURCE), "-o", str(library), "-lm"], check=True)
    return folder / f"{name}.vst3"
