"""What every operation declares and does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from plugin_bridge.jobs import settings
from plugin_bridge.jobs.inputs import Input
from plugin_bridge.jobs.job import Value
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.settings import Choice, Setting, Text

if TYPE_CHECKING:
    from effects.running.progress import OnProgress
    from plugin_bridge.files.sound_files import Sound


NOTHING: Mapping[str, Any] = MappingProxyType({})


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

    Attributes:
        inputs: the names of the files that it reads.
        settings: what can be set, by name.
    """

    inputs: ClassVar[tuple[str, ...]]
    settings: ClassVar[Mapping[str, Setting]]

    def check(self, name: str, value: Any) -> Value:
        """Check the value of one setting, and return it as it is kept.

        Raises:
            Refusal: the name is unknown, or the value is impossible.
        """
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

    def check_all(self, given: Mapping[str, Any]) -> dict[str, Value]:
        """Check the settings of a whole job, and return them as they are kept.

        An operation checks here, too, what its settings demand of each other, and that those
        without a default are given.

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
            settings: what `check_all` returned.
            report: call it with a fraction from 0 to 1 and a stage in words, at least every few
                seconds; it raises `effects.Cancelled` when the work is no longer wanted.
            threads: how many of the machine's cores to use; None for all there are.

        Raises:
            Exception: it cannot be done. A Refusal has a code; for other exceptions
                `plugin_bridge.jobs.refusal.code_of` finds one.
        """
