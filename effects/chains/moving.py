"""What MIDI controllers can move of an effect while it plays, and from where to where."""

from __future__ import annotations

from collections.abc import Mapping

from effects.chains.kind import Kind
from effects.chains.parameter import Parameter
from effects.chains.settings import MAIN
from effects.chains.wording import likely
from presets.chain_files.chain import ChainError, Controller

#: Of a StyleTransfer. All else of it is of a whole clip.
OF_STYLE = ("strength", "mix")


def can_move(kind: Kind) -> dict[str, Parameter]:
    """The parameters that controllers can move, by name; of a plugin, which is not loaded, none."""
    if kind.own:
        return {it: kind.parameters[it] for it in OF_STYLE if kind.name == MAIN}
    return {
        name: it
        for name, it in kind.parameters.items()
        if it.kind in ("number", "switch", "choice") and name not in kind.given and not kind.plugin
    }


def moved(known: Mapping[str, Parameter], name: str, kind: str) -> Parameter:
    """The parameter of that name.

    Args:
        known: those that can move.
        name: the parameter's.
        kind: what errors call the effect.

    Raises:
        ChainError: it cannot move.
    """
    if not known:
        raise ChainError(f"nothing of a {kind} can move while it plays.")
    if name not in known:
        raise ChainError(f"{kind} has no parameter {name!r} that can move{likely(name, known)}")
    return known[name]


def ends(parameter: Parameter, controller: Controller) -> tuple[float, float]:
    """The values at the ends of a controller's way, at 0 and at 127; 0 for what is no number.

    Raises:
        ChainError: they are impossible, or have to be given.
    """
    return (
        _end(parameter, "from", controller.least, parameter.least),
        _end(parameter, "to", controller.most, parameter.most),
    )


def _end(parameter: Parameter, word: str, given: float | None, own: float | None) -> float:
    if parameter.kind != "number":
        if given is not None:
            raise ChainError(f"{parameter.name} is no number, so it has no {word}: leave that out.")
        return 0.0
    if given is None:
        if own is None:
            raise ChainError(f"{parameter.name} has no range of its own: give from and to.")
        return own
    try:
        return float(parameter.check(given))
    except ValueError as error:
        raise ChainError(f"{word} {error}.") from error
