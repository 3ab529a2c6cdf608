"""The operation ``restyle``: a stem, or a part of it, in the sound of a preset or of a clip.

A chain of effects may stand in a preset's place: see `plugin_bridge.jobs.operations.chained`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
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
from plugin_bridge.jobs.operations import chained
from plugin_bridge.jobs.operations.operation import FILE_SETTINGS, Made, Operation
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.settings import Choice, Number, Setting, Text, Varies

if TYPE_CHECKING:
    from effects.running.progress import OnProgress
    from plugin_bridge.files.sound_files import Sound
    from presets.chain_files.chain import Chain

#: The setting that is the text of a chain. Clients of a server are neither offered it nor may send
#: it: see `plugin_bridge.jobs.chain_rules`.
CHAIN = "chain"
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
        """See `Operation.check`; a preset or a chain is kept by its name, however it was asked for.

        A setting with a dot in its name is that of an effect of a chain, which checks it.
        """
        if "." in name:
            return chained.value(name, value)
        if name == CHAIN:
            return str(value)
        checked = super().check(name, value)
        return chained.find(str(checked)).name if name == "preset" else checked

    def clamp(self, name: str, value: Any) -> Value:
        """See `Operation.clamp`; a chain that all jobs are to have must be one that they can."""
        kept = super().clamp(name, value)
        if name == "preset" and (chain := chained.chain_of({name: kept}, self.rules)):
            chained.adjusted(chain, {}, self.rules)
        return kept

    def lasts(self, seconds: Mapping[str, float], settings: Mapping[str, Value]) -> float:
        """See `Operation.lasts`; a chain that keeps its tail may sound on for a minute."""
        try:
            chain = chained.chain_of(settings, self.rules)
        except Refusal:  # which `check_all` says
            chain = None
        keeps = chain is not None and chain.tail == "keep"
        return super().lasts(seconds, settings) + keeps * chained.MOST_TAIL_SECONDS

    def defaults_for(
        self, defaults: Mapping[str, Value], given: Mapping[str, Any], inputs: Collection[str]
    ) -> dict[str, Value]:
        """See `Operation.defaults_for`; what its engine has no use for, a job does not get.

        Neither does it get what its chain has no use for.
        """
        known = super().defaults_for(defaults, given, inputs)
        chain = chained.chain_of({**known, **given}, self.rules)
        if chain is not None:
            if chained.takes(chain, {**known, **given}, self.rules):
                return known  # as most do, which saves looking at each
            return {
                name: it
                for name, it in known.items()
                if chained.takes(chain, {**given, name: it}, self.rules)
            }
        if plays_notes({**known, **given}):
            return known
        return {name: value for name, value in known.items() if name not in OF_THE_SAMPLER}

    def check_all(self, given: Mapping[str, Any], inputs: Collection[str] = ()) -> dict[str, Value]:
        """See `Operation.check_all`; a preset must be given, or a clip, and what the engine has.

        A chain may be given in the preset's place.
        """
        if not (given.get("preset") or given.get(CHAIN)) and "style" not in inputs:
            raise Refusal("no_such_preset", "No preset was named: restyle presets lists them.")
        chain = chained.chain_of(given, self.rules)
        if chain is not None:
            return self._check_chained(chain, given, inputs)
        if extra := [name for name in given if "." in name]:
            text = f"{extra[0]} is for a chain: name one in place of the preset, or leave it out."
            raise Refusal("bad_setting", text)
        checked = super().check_all(given)
        check_part(checked)
        check_engine(checked)
        return checked

    def _check_chained(
        self, chain: Chain, given: Mapping[str, Any], inputs: Collection[str]
    ) -> dict[str, Value]:
        """The settings of a job with a chain, as `check_all` has them."""
        if "style" in inputs:
            text = "Give either style or a chain: the style is one of the chain's own settings."
            raise Refusal("bad_setting", text)
        known = (*self.settings, *FILE_SETTINGS, CHAIN)
        checked = {
            name: self.check(name, it) if name in known else chained.value(name, it)
            for name, it in given.items()
        }
        check_part(checked)
        chained.adjusted(chain, checked, self.rules)
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

        from effects.signal.units import db_to_amplitude

        options: dict[str, Any] = dict(settings)
        start, end = options.pop("start_seconds", 0.0), options.pop("end_seconds", None)
        gain = db_to_amplitude(options.pop("gain_db", 0.0))

        def stem() -> Sound:
            return self._stem(inputs["stem"], output, start, end)

        chain = chained.chain_of(settings, self.rules)
        if chain is not None:
            changed = chained.adjusted(chain, settings, self.rules)
            restyled, made_of = chained.run(changed, stem(), report, threads, self.rules)
        else:
            restyled, made_of = self._restyle(options, inputs, stem, report, threads)
        if gain != 1:
            restyled = restyled.with_audio(restyled.audio * np.float32(gain))
        return Made(restyled, made_of)

    def _restyle(
        self,
        options: dict[str, Any],
        inputs: Mapping[str, Input],
        stem: Callable[[], Sound],
        report: OnProgress,
        threads: int | None,
    ) -> tuple[Sound, Mapping[str, Any]]:
        """The stem in the sound of a preset or a clip, and what that is made of."""
        from effects import StyleTransfer
        from plugin_bridge.files.process import process

        options["seed"] = int(options.get("seed", 0))
        if "style" in inputs:
            clip = inputs["style"].read()
            options["style"] = (clip.audio, float(clip.sample_rate))
        try:
            effect = StyleTransfer(**options, threads=threads)
        except presets.PresetError as error:
            raise Refusal("no_such_preset", str(error)) from error
        sound = stem()
        effect.on_progress = report
        audio = process(effect, sound)
        return sound.with_audio(audio), effect.report.summary if effect.report else {}

    @staticmethod
    def _stem(stem: Input, output: Path, start_seconds: float, end_seconds: float | None) -> Sound:
        """The wanted part of the stem, once it is known that ``output`` can hold such a sound."""
        from plugin_bridge.files import sound_files

        sound = _part(stem.read(), stem.path, start_seconds, end_seconds)
        sound_files.check_holds(output, sound)
        return sound


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
