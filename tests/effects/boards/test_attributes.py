"""Misspelt options raise as pedalboard's do; classes of one's own may have attributes."""

from typing import Any

import pedalboard
import pytest
from support.midi import program, writer
from support.sounds import sine

from effects import Chain, Mashup, Mix, Morph, Pedalboard, PythonEffect, StyleTransfer, Tweak
from effects.automation import Automation

RATE = 22050


class Own(PythonEffect):
    factor = 2.0

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def _render(self, audio: Any, sample_rate: float) -> Any:
        self.calls += 1
        self._loudest = abs(audio).max()
        self.rate = sample_rate
        return audio


class Loud(Own):
    def __init__(self) -> None:
        super().__init__()
        self.gain = 1.0


SONG = (sine(440, 1, RATE), RATE)
MISSPELT: dict[Any, tuple[Any, str, str]] = {
    StyleTransfer: (lambda: StyleTransfer(preset="violin"), "strngth", "strength"),
    Mashup: (lambda: Mashup(SONG), "balnce", "balance"),
    Morph: (lambda: Morph(SONG), "Tempo", "tempo"),
    Tweak: (Tweak, "change", "changes"),
    Own: (Own, "facto", "factor"),
    Loud: (Loud, "call", "calls"),
}


@pytest.mark.parametrize("kind", MISSPELT)
def test_what_is_misspelt_raises_and_says_what_was_meant(kind: Any) -> None:
    make, wrong, right = MISSPELT[kind]
    with pytest.raises(AttributeError, match=f"no attribute '{wrong}'") as stock:
        setattr(pedalboard.Reverb(), wrong, 0.5)
    with pytest.raises(AttributeError, match=f"no attribute '{wrong}': did you mean '{right}'"):
        setattr(make(), wrong, 0.5)
    assert stock.type is AttributeError


def test_an_automation_is_as_strict(tmp_path: Any) -> None:
    effect = Automation(writer(tmp_path)((0.0, program(40))))
    with pytest.raises(AttributeError, match="did you mean 'threads'"):
        effect.thread = 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("ours", "stock"),
    [
        (Chain, pedalboard.Chain),
        (Mix, pedalboard.Mix),
        (Pedalboard, pedalboard.Pedalboard),
        (type("Mine", (Chain,), {}), type("Theirs", (pedalboard.Chain,), {})),
    ],
)
def test_boards_take_attributes_where_those_of_pedalboard_do(ours: Any, stock: Any) -> None:
    outcomes = []
    for board in (ours([]), stock([])):
        try:
            board.title = "a"
            outcomes.append(board.title)
        except AttributeError:
            outcomes.append("refused")
    assert outcomes[0] == outcomes[1]


def test_a_class_of_ones_own_has_attributes_of_its_own() -> None:
    effect = Loud()
    effect.gain, effect.calls, effect.factor = 0.5, 3, 1.0
    effect(SONG[0], RATE)
    assert (effect.gain, effect.calls, effect.factor) == (0.5, 4, 1.0)
    assert effect.rate == RATE
    with pytest.raises(AttributeError, match="set first in __init__"):
        effect.wholly_unknown = 1  # type: ignore[attr-defined]
