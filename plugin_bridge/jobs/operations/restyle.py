"""The operation ``restyle``: a stem, or a part of it, in the sound of a preset or of a clip."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import presets
from effects.engines import (
    DEFAULT_DRUMS,
    DEFAULT_DYNAMICS,
    DEFAULT_ENGINE,
    DRUMS,
    ENGINES,
    default_strength,
    given_options,
)
from plugin_bridge.jobs.inputs import Input
from plugin_bridge.jobs.job import Value
from plugin_bridge.jobs.operations.operation import Made, Operation
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.settings import Choice, Number, Setting, Text, Varies

if TYPE_CHECKING:
    from effects.running.progress import OnProgress
    from plugin_bridge.files.sound_files import Sound

DAY_SECONDS = 86400.0  # past the end of any stem, in place of infinity

#: What is only for engines that play notes: of those here, the default one.
OF_THE_SAMPLER = ("drums", "dynamics")
STRENGTHS = {it: default_strength(it) for it in ENGINES if it != DEFAULT_ENGINE}

#: Numbers first, in the order in which they are listed to clients.
SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "strength": Number(0.0, 1.0, 1.0, varies=Varies("engine", MappingProxyType(STRENGTHS))),
        "mix": Number(0.0, 1.0, 1.0),
        "gain_db": Number(-60.0, 0.0, 0.0),
        "seed": Number(0, 2**31 - 1, 0, whole=True),
        "dynamics": Number(0.0, 1.0, DEFAULT_DYNAMICS),
        "start_seconds": Number(0.0, DAY_SECONDS, 0.0, common=False),
        "end_seconds": Number(0.0, DAY_SECONDS, DAY_SECONDS, common=False),
        "drums": Choice(DRUMS, DEFAULT_DRUMS),
        "engine": Choice(tuple(ENGINES), DEFAULT_ENGINE),
        "preset": Text(),
    }
)


class Restyle(Operation):
    """A stem in the sound of a preset, or of a clip."""

    title = "Restyle"
    about = "Plays a stem with the sounds of a preset, or of a clip of your own."
    inputs = ("stem",)
    instead_of = MappingProxyType({"style": "preset"})
    settings = SETTINGS

    def check(self, name: str, value: Any) -> Value:
        """See `Operation.check`; a preset is kept by its name, however it was asked for."""
        checked = super().check(name, value)
        return find_preset(str(checked)).name if name == "preset" else checked

    def defaults_for(
        self, defaults: Mapping[str, Value], given: Mapping[str, Any], inputs: Collection[str]
    ) -> dict[str, Value]:
        """See `Operation.defaults_for`; what its engine has no use for, a job does not get."""
        known = super().defaults_for(defaults, given, inputs)
        if plays_notes({**known, **given}):
            return known
        return {name: value for name, value in known.items() if name not in OF_THE_SAMPLER}

    def check_all(self, given: Mapping[str, Any], inputs: Collection[str] = ()) -> dict[str, Value]:
        """See `Operation.check_all`; a preset must be given, or a clip, and what the engine has."""
        if not given.get("preset") and "style" not in inputs:
            raise Refusal("no_such_preset", "No preset was named: restyle presets lists them.")
        checked = super().check_all(given)
        check_part(checked)
        check_engine(checked)
        return checked

    def run(
        self,
        inputs: Mapping[str, Input],
        output: Path,
        settings: Mapping[str, Value],
        report: OnProgress,
        threads: int | None = None,
    ) -> Made:
        """See `Operation.run`."""
        import numpy as np

        from effects import StyleTransfer
        from effects.signal.units import db_to_amplitude
        from plugin_bridge.files import sound_files
        from plugin_bridge.files.process import process

        options: dict[str, Any] = dict(settings)
        start, end = options.pop("start_seconds", 0.0), options.pop("end_seconds", None)
        gain = db_to_amplitude(options.pop("gain_db", 0.0))
        options["seed"] = int(options.get("seed", 0))
        if "style" in inputs:
            clip = inputs["style"].read()
            options["style"] = (clip.audio, float(clip.sample_rate))
        try:
            effect = StyleTransfer(**options, threads=threads)
        except presets.PresetError as error:
            raise Refusal("no_such_preset", str(error)) from error
        sound = _part(inputs["stem"].read(), inputs["stem"].path, start, end)
        sound_files.check_holds(output, sound)
        effect.on_progress = report
        audio = process(effect, sound)
        restyled = sound.with_audio(audio if gain == 1 else audio * np.float32(gain))
        return Made(restyled, effect.report.summary if effect.report else {})


def find_preset(name: str) -> presets.Preset:
    """The preset of that name or General MIDI number. Raises Refusal if there is none."""
    try:
        return presets.get(name)
    except presets.PresetError as error:
        raise Refusal("no_such_preset", str(error)) from error


def plays_notes(settings: Mapping[str, Any]) -> bool:
    """Whether the engine of a job plays notes, and so has the settings of `OF_THE_SAMPLER`."""
    return bool(settings.get("engine", DEFAULT_ENGINE) == DEFAULT_ENGINE)


def check_engine(settings: Mapping[str, Any]) -> None:
    """Check that a job sets nothing that its engine does not have. Raises Refusal if it does."""
    own = {name: settings[name] for name in OF_THE_SAMPLER if name in settings}
    if not plays_notes(settings) and (extra := list(given_options(**own))):
        text = f"{extra[0]} is only for the engine {DEFAULT_ENGINE}: leave it out, or the engine."
        raise Refusal("bad_setting", text)


def check_part(settings: Mapping[str, Any]) -> None:
    """Check that the wanted part of the stem ends after it begins. Raises Refusal if not."""
    if settings.get("start_seconds", 0.0) >= settings.get("end_seconds", math.inf):
        raise Refusal("bad_setting", "start_seconds must be before end_seconds.")


def _part(sound: Sound, path: Path, start_seconds: float, end_seconds: float | None) -> Sound:
    """The wanted part of a stem; ``path`` is for the message if that is empty."""
    if not start_seconds and end_seconds is None:
        return sound
    rate = sound.sample_rate
    last = None if end_seconds is None else round(end_seconds * rate)
    wanted = sound.part(round(start_seconds * rate), last)
    if not wanted.audio.size:
        raise Refusal(
            "bad_setting", f"{path} has nothing after {start_seconds:g} s: it is shorter."
        )
    return wanted
