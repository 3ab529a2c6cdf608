"""What every operation declares and does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from plugin_bridge.files.formats import Quality
from plugin_bridge.jobs import settings
from plugin_bridge.jobs.chain_rules import STRANGERS, ChainRules
from plugin_bridge.jobs.inputs import Input
from plugin_bridge.jobs.job import Value
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.settings import Choice, Number, Setting, Text

if TYPE_CHECKING:
    from effects.running.progress import OnProgress
    from plugin_bridge.files.sound_files import Sound


NOTHING: Mapping[str, Any] = MappingProxyType({})


#: What every operation can be told of the file that it makes: see `files.formats.Quality`. A
#: worker does it, and `Operation.run` does not get it; clients of a server are not offered it.
FILE_SETTINGS: Mapping[str, Number] = MappingProxyType(
    {"bit_depth": Number(8, 32, 16, whole=True), "bitrate": Number(64, 320, 320, whole=True)}
)


def quality_of(settings: Mapping[str, Value]) -> Quality:
    """How well a job's settings say that its result is to be written."""
    return Quality(*(int(settings[it]) if it in settings else None for it in FILE_SETTINGS))


class Made(NamedTuple):
    """What an operation made.

    Attributes:
        sound: what to write.
        made_of: what the sound is made of, as JSON can hold it: see `plugin_bridge.jobs.job.Job`.
    """

    sound: Sound
    made_of: Mapping[str, Any] = NOTHING


class Operation(ABC):
    """A way to make one sound file from others.

    Args:
        rules: what chains may have.

    Attributes:
        title: what a button says.
        about: what it does, in one sentence.
        inputs: the names of the files that it reads.
        instead_of: the names of files that may be given in place of a setting, with its name.
        settings: what can be set, by name.
        titles: what to call inputs whose names do not say enough.
        follows: the input whose time and length the result has; ``""`` for the first, if all that
            are no styles have the same.
        own_style: whether a style may be left out: the sounds of what is played then serve as one.
    """

    title: ClassVar[str]
    about: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]]
    instead_of: ClassVar[Mapping[str, str]] = MappingProxyType({})
    settings: ClassVar[Mapping[str, Setting]]
    titles: ClassVar[Mapping[str, str]] = MappingProxyType({})
    follows: ClassVar[str] = ""
    own_style: ClassVar[bool] = False

    def __init__(self, rules: ChainRules = STRANGERS) -> None:
        self.rules = rules

    @property
    def paced_by(self) -> str:
        """The input whose time and length the result has."""
        return self.follows or self.inputs[0]

    def lasts(self, seconds: Mapping[str, float], settings: Mapping[str, Value]) -> float:
        """How long the result is in seconds, if none but a part of it is left out.

        Args:
            seconds: how long each input is, by its name.
            settings: those that were given.
        """
        return seconds[self.paced_by]

    def check(self, name: str, value: Any) -> Value:
        """Check the value of one setting, and return it as it is kept.

        Raises:
            Refusal: the name is unknown, or the value is impossible.
        """
        if name in FILE_SETTINGS:
            return settings.check(name, value, FILE_SETTINGS)
        if not isinstance(self.settings.get(name), Text):
            return settings.check(name, value, settings.keyed(self.settings))
        if isinstance(value, str):
            return value
        raise Refusal("bad_setting", f"{name} must be a text, not {value!r}.")

    def clamp(self, name: str, value: Any) -> Value:
        """The nearest possible value of a setting, for a default of all jobs to come.

        Raises:
            Refusal: the name is unknown, or the value is impossible.
        """
        if isinstance(self.settings.get(name), (Text, Choice)):
            return self.check(name, value)
        return settings.clamp(name, value, settings.numbers(self.settings, common=True))

    def defaults_for(
        self, defaults: Mapping[str, Value], given: Mapping[str, Any], inputs: Collection[str]
    ) -> dict[str, Value]:
        """Those of the ``defaults`` of all jobs that a job gets beside what it was ``given``.

        Args:
            defaults: checked values, by name.
            given: the job's own settings, which need not be checked yet.
            inputs: the names of its files, which may stand for settings.
        """
        replaced = {self.instead_of.get(name) for name in inputs} | set(given)
        return {name: value for name, value in defaults.items() if name not in replaced}

    def check_inputs(self, names: Collection[str], given: Collection[str]) -> None:
        """Check which files are named, beside the settings that are ``given``.

        Raises:
            Refusal: one is missing, or unknown, or given beside the setting that it stands for.
        """
        for name in names:
            if name not in (*self.inputs, *self.instead_of):
                known = ", ".join((*self.inputs, *self.instead_of))
                raise Refusal("bad_request", f"There is no input {name}: the inputs are {known}.")
            if self.instead_of.get(name) in given:
                text = f"Give either {name} or {self.instead_of[name]}: one stands for the other."
                raise Refusal("bad_setting", text)
        if missing := [name for name in self.inputs if name not in names]:
            raise Refusal("bad_request", f"{missing[0]} is missing: name a file for it.")

    def check_all(self, given: Mapping[str, Any], inputs: Collection[str] = ()) -> dict[str, Value]:
        """Check the settings of a whole job, and return them as they are kept.

        An operation checks here, too, what its settings demand of each other, and that those
        without a default are given, unless one of the ``inputs`` stands for them.

        Raises:
            Refusal: as `check`.
        """
        return {name: self.check(name, value) for name, value in given.items()}

    @abstractmethod
    def run(
        self,
        inputs: Mapping[str, Input],
        output: Path,
        settings: Mapping[str, Value],
        report: OnProgress,
        threads: int | None = None,
    ) -> Made:
        """Do the work, in a worker, and return what to write to ``output``.

        Args:
            inputs: the files, by the names in `inputs`. They may have become anything since they
                were checked, so they are read by `Input.read` or `Input.open`, not by their paths.
            output: where the result will stand; its suffix names the format.
            settings: what `check_all` returned, without `FILE_SETTINGS`.
            report: call it with a fraction from 0 to 1 and a stage in words, at least every few
                seconds; it raises `effects.Cancelled` when the work is no longer wanted.
            threads: how many of the machine's cores to use; None for all there are.

        Raises:
            Exception: it cannot be done. A Refusal has a code; for other exceptions
                `plugin_bridge.jobs.refusal.code_of` finds one.
        """
