"""How messages call a chain and its effects: on one line, whatever is in their names."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from presets.chain_files.chain import Chain, Effect

#: The longest that a message gets: a terminal's line, five times.
MAX_LENGTH = 400
#: Of the names that there are, how many a message lists; by guess, about a line.
MOST_LISTED = 12


def one_line(text: object) -> str:
    """A text without line ends and other characters that do not print, and not too long."""
    line = " ".join("".join(it if it.isprintable() else " " for it in str(text)).split())
    return line if len(line) <= MAX_LENGTH else f"{line[: MAX_LENGTH - 4]} ..."


def of_chain(chain: Chain) -> str:
    """What a message calls a chain: its file, or its name."""
    if chain.path is not None and not chain.built_in:
        return str(chain.path)
    return chain.name or "The chain"


def of_effect(effect: Effect) -> str:
    """What a message calls an effect: by its name, and by its type if that says more."""
    name = effect.name or effect.type
    plain = name.casefold().startswith(effect.type.casefold())
    return name if plain else f"{name} ({effect.type})"


def about(chain: Chain, effect: Effect, what: object) -> str:
    """A message about an effect of a chain: one line, a whole sentence."""
    line = one_line(f"{of_chain(chain)}: {of_effect(effect)}: {what}")
    return line if line.endswith((".", "?", "...")) else f"{line}."


def shown(value: Any) -> str:
    """A value in a message: on one line, and not too long."""
    try:
        text = repr(value)
    except ValueError:  # Python shows no whole number of more than 4300 digits
        text = "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}..."


def likely(name: str, known: Iterable[str]) -> str:
    """``": did you mean 'a' or 'b'?"``, for a misspelt name; or else the first of those known."""
    names = list(known)
    folded = {it.casefold(): it for it in names}
    wanted = str(name)[:100].casefold()
    begun = [it for it in folded if it.startswith(wanted)] if len(wanted) > 2 else []
    near = [folded[it] for it in get_close_matches(wanted, folded, n=3) or begun[:3]]
    if near:
        return f": did you mean {' or '.join(map(repr, near))}?"
    if not names:
        return ": it has none."
    return f": choose one of {listed(names)}{'' if len(names) > MOST_LISTED else '.'}"


def listed(names: Iterable[str]) -> str:
    """The first of the names."""
    known = [str(it) for it in names]
    more = ", ..." if len(known) > MOST_LISTED else ""
    return f"{', '.join(known[:MOST_LISTED])}{more}"
