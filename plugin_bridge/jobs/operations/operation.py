"""What every operation says of itself, and does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from plugin_bridge.jobs import settings
from plugin_bridge.jobs.job import Value
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.settings import Setting, Text

if TYPE_CHECKING:
    from plugin_bridge.files.sound_files import Sound

Report = Callable[[float, str], None]


class Operation(ABC):
    """A way to make one sound file of others.

    Attributes:
        inputs: the names of the files that it reads.
        settings: what can be set, by name.
    """

    inputs: ClassVar[tuple[str, ...]]
    settings: ClassVar[Mapping[str, Setting]]

    def check(self, name: str, value: Any) -> Value:
        """The value of one setting as it is kept, if it is possible.

        Raises:
            Refusal: the name is unknown, or the value is impossible.
        """
        if not isinstance(self.settings.get(name), Text):
            return settings.check(name, value, settings.numbers(self.settings))
        if isinstance(value, str):
            return value
        raise Refusal("bad_setting", f"{name} must be a text, not {value!r}.")

    def clamp(self, name: str, value: Any) -> Value:
        """The nearest possible value of a setting that is meant for all jobs to come.

        Raises:
            Refusal: the name is unknown, or the value is impossible.
        """
        if isinstance(self.settings.get(name), Text):
            return self.check(name, value)
        return settings.clamp(name, value, settings.numbers(self.settings, common=True))

    def check_all(self, given: Mapping[str, Any]) -> dict[str, Value]:
        """The settings of a whole job as they are kept, if they are possible.

        An operation whose settings depend on each other, or that has to be told one, checks that
        here as well.

        Raises:
            Refusal: as `check`.
        """
        return {name: self.check(name, value) for name, value in given.items()}

    @abstractmethod
    def run(
        self,
        inputs: Mapping[str, Path],
        output: Path,
        settings: Mapping[str, Value],
        report: Report,
    ) -> Sound:
        """Do it, in a worker, and return what is to be written to ``output``.

        Args:
            inputs: the files, by the names in `inputs`.
            output: where the result will stand; its suffix names the format.
            settings: what `check_all` returned.
            report: to be called with a fraction from 0 to 1 and a stage in words, at least every
                few seconds; it raises `effects.Cancelled` when the work is no longer wanted.

        Raises:
            Exception: it cannot be done; a Refusal says why in a code, see
                `plugin_bridge.jobs.refusal.code_of` for the others.
        """
