"""Operations of the tests': one turns a sound around, others mash, morph and tweak at once."""

from __future__ import annotations

from types import MappingProxyType

from plugin_bridge.jobs import operations
from plugin_bridge.jobs.operations.mashup import Mashup
from plugin_bridge.jobs.operations.morph import Morph
from plugin_bridge.jobs.operations.operation import Made, Operation
from plugin_bridge.jobs.operations.tweak import Tweak
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


class MeanMashup(Mashup):
    """The operation ``mashup``, which is done at once: the result is the mean of both songs."""

    def run(self, *given, **more):
        """See `Operation.run`."""
        from effects.mashing import mash
        from support.mashing import mean_of

        mash.mash = mean_of
        return super().run(*given, **more)


class MeanMorph(Morph):
    """The operation ``morph``, which is done at once: the result is a cross-fade."""

    def run(self, *given, **more):
        """See `Operation.run`."""
        from effects.morphing import morph
        from support.quick_morphs import mean_of

        morph.morph = mean_of
        return super().run(*given, **more)


class ScaledTweak(Tweak):
    """The operation ``tweak``, which is done at once: the result is louder or softer."""

    def run(self, *given, **more):
        """See `Operation.run`."""
        from effects.tweaking import tweak
        from support.quick_morphs import scaled

        tweak.tweak = scaled
        return super().run(*given, **more)


def register():
    """Let this process have the operation ``turn``, and quick ones in place of ours."""
    operations.OPERATIONS["mashup"] = "support.operation:MeanMashup"
    operations.OPERATIONS["morph"] = "support.operation:MeanMorph"
    operations.OPERATIONS["tweak"] = "support.operation:ScaledTweak"
    operations.OPERATIONS["turn"] = "support.operation:Turn"
