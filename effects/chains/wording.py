"""How messages call a chain and its effects: on one line, whatever is in their names."""

from __future__ import annotations

from presets.chain_files.chain import Chain, Effect

#: The longest that a message gets: a terminal's line, five times.
MAX_LENGTH = 400


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
