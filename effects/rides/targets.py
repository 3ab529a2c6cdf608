"""What the controllers of a board move: its members' parameters, found by their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pedalboard

from effects.boards.python_effect import PythonEffect
from effects.chains import hosting
from effects.chains.kinds import kinds
from effects.chains.moving import can_move, ends, moved
from effects.chains.parameter import Parameter
from effects.chains.settings import MAIN
from effects.chains.wording import likely
from effects.rides.travel import MOST, Travel
from effects.style_transfer import StyleTransfer
from presets.chain_files.chain import ChainError, Controller


@dataclass(frozen=True)
class Target:
    """One parameter of one effect, and its way.

    Attributes:
        effect: a member of the board, or of a container in it.
        parameter: its name.
        travel: its values.
        audible: whether it is a native effect's frequency, which has to be below half the rate.
    """

    effect: Any
    parameter: str
    travel: Travel
    audible: bool = False

    def get(self) -> Any:
        """The parameter's value now."""
        if self.travel.raw:
            return float(self.effect.parameters[self.parameter].raw_value)
        return getattr(self.effect, self.parameter)

    def set(self, value: Any, effect: Any = None) -> None:
        """Set the parameter, of ``effect`` if it is of another one of the kind."""
        effect = self.effect if effect is None else effect
        if self.travel.raw:
            effect.parameters[self.parameter].raw_value = value
        else:
            setattr(effect, self.parameter, value)


def every_effect(board: Any) -> Iterator[Any]:
    """All members of a board, those in containers in their place; containers are left out."""
    for member in board:
        if isinstance(member, pedalboard.PluginContainer):
            yield from every_effect(member)
        elif member is not None:
            yield member


def target(board: Any, number: int, controller: Controller) -> Target:
    """What a controller of a board moves.

    Args:
        board: a `Pedalboard` whose effects have names.
        number: the controller's.
        controller: what the board says of it.

    Raises:
        ChainError: there is no such parameter, it cannot move, or its ends are impossible.
    """
    try:
        effect, name = _find(board, controller.parameter)
        parameter = moved(_movable(effect), name, type(effect).__name__)
        travel = _travel(effect, parameter, *ends(parameter, controller))
    except ChainError as error:
        raise ChainError(f"MIDI controller {number}: {error}") from error
    native = not isinstance(effect, pedalboard.ExternalPlugin)
    return Target(effect, name, travel, audible=native and parameter.unit == "Hz")


def _find(board: Any, wanted: str) -> tuple[Any, str]:
    """The effect and its parameter that a board calls so."""
    of, dot, parameter = wanted.rpartition(".")
    if dot:
        named = {name.casefold(): it for name, it in board.named.items()}
        if of.casefold() not in named:
            raise ChainError(f"there is no effect {of!r}{likely(of, board.named)}")
        return named[of.casefold()], parameter
    styles = [it for it in every_effect(board) if isinstance(it, StyleTransfer)]
    if len(styles) != 1:
        how_many = "several StyleTransfers have" if styles else "no StyleTransfer has"
        raise ChainError(f"{how_many} the setting {wanted!r}: write name.{wanted}.")
    return styles[0], wanted


def _movable(effect: Any) -> dict[str, Parameter]:
    """What can move of an effect, by name."""
    if isinstance(effect, pedalboard.ExternalPlugin):
        return {n: it for n, it in hosting.movable(effect).items() if it.kind != "text"}
    if isinstance(effect, PythonEffect) and not isinstance(effect, StyleTransfer):
        return {}
    name = MAIN if isinstance(effect, StyleTransfer) else type(effect).__name__
    if isinstance(effect, pedalboard.PluginContainer) or name not in kinds():
        return {}
    return can_move(kinds()[name])


def _travel(effect: Any, parameter: Parameter, least: float, most: float) -> Travel:
    if parameter.kind == "switch":
        return Travel(choices=(False, True))
    if parameter.kind == "choice":
        members = getattr(type(getattr(effect, parameter.name)), "__members__", None)
        return Travel(choices=parameter.words if members is None else (*members.values(),))
    travel = Travel(
        least,
        most,
        geometric=parameter.unit == "Hz" and least > 0 and most > 0,
        whole=parameter.whole,
    )
    if isinstance(effect, pedalboard.ExternalPlugin):
        return replace(travel, raw=_raw(effect, parameter.name, travel))
    return travel


def _raw(plugin: Any, name: str, travel: Travel) -> list[float]:
    """What a plugin itself is set to for each value of a controller.

    To set it to that takes a twentieth of the time that its own units take (4 and 85 µs), and they
    have a thousand steps.
    """
    it = plugin.parameters[name]
    own, found = it.raw_value, []
    for controller in range(MOST + 1):
        value = travel.value(travel.place(controller))
        try:
            hosting.put(plugin, name, value)
        except Exception as error:  # ValueError; or whatever the plugin makes of it
            raise ChainError(f"{name} cannot be set to {value:g}: {error}") from error
        found.append(float(it.raw_value))
    it.raw_value = own
    return found
