"""An operation of the tests': it turns a sound around, and mixes another one in."""

from __future__ import annotations

from types import MappingProxyType

from plugin_bridge.jobs import operations
from plugin_bridge.jobs.operations.operation import Made, Operation
from plugin_bridge.jobs.settings import Choice, Number, Text


class Turn(Operation):
    """A sound that is played backwards."""

    title = "Turn"
    about = "Plays a sound backwards."
    inputs = ("first", "second")
    settings = MappingProxyType(
        {
            "level": Number(0.0, 1.0, 1.0),
            "times": Number(1, 3, 1, whole=True),
            "way": Choice(("back", "forth"), "back"),
            "remark": Text("none"),
        }
    )

    def run(self, inputs, output, settings, report, threads=None):
        """See `Operation.run`."""
        sound = inputs["first"].read()
        report(0.5, "turning")
        audio = sound.audio[:, ::-1] if settings.get("way", "back") == "back" else sound.audio
        return Made(sound.with_audio(audio * settings.get("level", 1.0)))


def register():
    """Let this process have the operation ``turn``."""
    operations.OPERATIONS["turn"] = "support.operation:Turn"
