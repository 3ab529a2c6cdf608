"""Chains for properties: any native effects with any settings that they take."""

from __future__ import annotations

from hypothesis import strategies as st

from effects.chains.kinds import OWN, kinds
from presets.chain_files.chain import Chain, Effect

#: Effects that pedalboard makes of nothing.
NATIVE = [it for it in kinds() if it not in OWN and not kinds()[it].given]
NATIVE = [it for it in NATIVE if not kinds()[it].container]

#: Beside others in pedalboard's Mix, these sound otherwise each time (0.9.26).
UNSTEADY = ("GSMFullRateCompressor", "Resample")


def values(parameter):
    """Settings that a parameter takes."""
    match parameter.kind:
        case "switch":
            return st.booleans()
        case "choice":
            return st.sampled_from(parameter.words)
        case "number":
            ends = {"min_value": parameter.least, "max_value": parameter.most}
            if parameter.whole:
                return st.integers(**ends)
            low, high = parameter.least, parameter.most
            if parameter.name == "semitones":
                low, high = -12.0, 12.0  # far away, it takes seconds
                ends = {"min_value": low, "max_value": high}
            tenths = st.integers(0, 1000).map(lambda it: round(low + (high - low) * it / 1000, 3))
            near = st.floats(**ends, allow_nan=False)
            return (tenths | near).filter(lambda it: low <= it <= high)
    raise ValueError(parameter)


@st.composite
def effects(draw, name=None):
    """One native effect, with some of its settings."""
    kind = kinds()[name or draw(st.sampled_from([it for it in NATIVE if it not in UNSTEADY]))]
    given = draw(st.sets(st.sampled_from([*kind.parameters]))) if kind.parameters else ()
    settings = {it: draw(values(kind.parameters[it])) for it in sorted(given)}
    return Effect(type=kind.name, settings=settings)


def containers(inside):
    """A Chain or a Mix of these."""
    return st.builds(
        Effect,
        type=st.sampled_from(["Chain", "Mix"]),
        effects=st.lists(inside, max_size=3).map(tuple),
    )


def chains(most=4):
    """Chains of native effects, in containers or not."""
    nested = st.recursive(effects(), containers, max_leaves=4)
    return st.builds(
        Chain,
        effects=st.lists(nested, max_size=most).map(tuple),
        tail=st.sampled_from(["cut", "keep"]),
        label=st.sampled_from(["", "Warm"]),
    )
