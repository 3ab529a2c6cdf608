"""Chains that somebody damaged: each is right, or has one line for all that is wrong; none harms.

Whatever is said to be right is built. Chains are damaged as they are after they were parsed: what
texts there are, `presets.chain_files` answers for.
"""

import math
import random

import pytest

from effects.chains.build import build, check
from effects.chains.kinds import kinds
from effects.chains.plugins import PluginFolders
from effects.chains.settings import parameters, with_settings
from presets.chain_files.chain import Chain, ChainError, Controller, Effect, parse

GOOD = parse("""
label = "Good"
[[effects]]
type = "HighpassFilter"
name = "low-cut"
cutoff_frequency_hz = 80
[[effects]]
type = "StyleTransfer"
preset = "violin"
strength = 0.9
drums = "play"
[[effects]]
type = "Mix"
effects = [
    { type = "Gain", gain_db = -6 },
    { type = "Chain", effects = [{ type = "Reverb", width = 0.5 }, { type = "LadderFilter" }] },
]
[[effects]]
type = "Tweak"
scale = 1.2
towards = "cello"
[[effects]]
type = "BrickwallLimiter"
true_peak = true
[midi]
1 = "strength"
74 = { parameter = "low-cut.cutoff_frequency_hz", from = 100.0, to = 2000.0 }
""")
NAMES = sorted({name for it in kinds() for name in kinds()[it].parameters})
VALUES = [
    *(0, 1, -1, 2, 0.5, 1e-9, -1e9, 3.4e38, 1e300, 2**63, -(2**63), 10**400),
    *(math.nan, math.inf, -math.inf, True, False, "", " ", "violin", "0.5", "nan", "true", "\0"),
    *("\n", "\x1b[2J", "\udc80", "é" * 300, "../../etc/passwd", "/dev/zero", "/dev/stdin", "."),
    *({}, {"a": 1}, {"a": {"b": 1}}, {"\n": math.nan}),
]


def damaged(number):
    """A chain with one to four things changed: the same for the same number."""
    draw = random.Random(number)
    effects = list(GOOD.effects)
    midi = dict(GOOD.midi)
    for _ in range(draw.choice([1, 1, 2, 4])):
        at = draw.randrange(len(effects)) if effects else 0
        match draw.randrange(6):
            case 0 if effects:
                effects[at] = other = _effect(draw, effects[at])
                effects.append(other if draw.random() < 0.2 else effects[at])
            case 1 if effects:
                del effects[at]
            case 2:
                midi[draw.choice([0, 1, 127, 128, -1])] = _controller(draw)
            case 3 if effects:
                effects[at] = Effect(
                    type=draw.choice(["Mix", "Gain", "Chain"]), effects=(effects[at],)
                )
            case _ if effects:
                effects[at] = _effect(draw, effects[at])
    tail = draw.choice(["cut", "keep", "cut", "cut", "", "\n"])
    return Chain(name=draw.choice(["good", "", "\n"]), effects=tuple(effects), midi=midi, tail=tail)


def _effect(draw, effect):
    """An effect with one thing changed."""
    kind, name, settings = effect.type, effect.name, dict(effect.settings)
    match draw.randrange(6):
        case 0:
            kind = draw.choice([*kinds(), "Rverb", "", "\n", "AddLatency", "Plugin", "x" * 999])
        case 1:
            name = draw.choice(["", "gain", "low-cut", "\n", "a.b", "\x1b"])
        case 2 if settings:
            del settings[draw.choice(list(settings))]
        case 3:
            settings[draw.choice([*NAMES, "", "\n", "__class__", "_x"])] = draw.choice(VALUES)
        case _:
            known = kinds()[kind].parameters if kind in kinds() else {}
            settings[draw.choice([*known, *settings, "mix"])] = draw.choice(VALUES)
    inner = effect.effects
    if inner and draw.random() < 0.5:
        inner = (*inner[:-1], _effect(draw, inner[-1]))
    return Effect(type=kind, name=name, settings=settings, effects=inner)


def _controller(draw):
    target = draw.choice(["strength", "reverb.width", "low-cut.nope", "", ".", "a.b.c", "\n.\n"])
    ends = [None, 0.0, 0.5, 1e9, math.nan, math.inf]
    return Controller(target, draw.choice(ends), draw.choice(ends))


def try_out(number):
    """Whether a damaged chain is right; raises if anything else comes of it than lines."""
    chain = damaged(number)
    folders = PluginFolders(only=True)  # as a server has it: it has none, and reads no files
    lines = check(chain, folders)
    assert all(it.isprintable() and it and len(it) <= 400 for it in lines), lines
    if not lines:
        assert len(build(chain, folders, threads=1).members) == len(chain.effects)
        return True
    with pytest.raises(ChainError) as caught:
        build(chain, folders)
    assert str(caught.value) == lines[0]
    return False


def test_damaged_chains_are_right_or_have_a_line_for_what_is_wrong():
    right = [try_out(number) for number in range(1500)]
    assert 100 < sum(right) < 1400  # both kinds were tried


@pytest.mark.slow
def test_ten_thousand_damaged_chains_are_right_or_have_a_line_for_what_is_wrong():
    assert sum(map(try_out, range(1500, 11_500))) > 100


def test_damaged_settings_are_taken_or_are_one_line():
    draw = random.Random(0)
    known = [*parameters(GOOD)]
    taken = 0
    for _ in range(2000):
        owner = draw.choice(["", "low-cut.", "gain.", "mix.", "nope.", "..", "\n."])
        name = draw.choice(known) if draw.random() < 0.5 else owner + draw.choice([*NAMES, ""])
        line = _refusal({name: draw.choice(VALUES)})
        taken += line is None
        assert line is None or (line.isprintable() and len(line) <= 400)
    assert 100 < taken < 1900


def _refusal(settings):
    """What is said against settings; None if they are taken."""
    try:
        parameters(with_settings(GOOD, settings))
    except ChainError as error:
        return str(error)
    return None


def test_what_can_be_set_of_a_damaged_chain_is_still_listed():
    for number in range(500):
        parameters(damaged(number))
