"""What a shell offers when Tab is pressed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def complete_preset(incomplete: str) -> list[tuple[str, str]]:
    """The names of presets that begin with ``incomplete``, and their labels."""
    return _completions(incomplete, lambda preset: True)


def complete_own_preset(incomplete: str) -> list[tuple[str, str]]:
    """The same, but only for the user's own presets."""
    return _completions(incomplete, lambda preset: not preset.built_in)


def complete_chain(incomplete: str) -> list[tuple[str, str]]:
    """The names of chains that begin with ``incomplete``, and their labels."""
    return _completions(incomplete, lambda chain: True, chains=True)


def complete_tail(incomplete: str) -> list[str]:
    """What may be said of a chain's tail, of what begins with ``incomplete``."""
    from presets.chain_files.chain import TAILS

    return [word for word in TAILS if word.startswith(incomplete)]


def complete_engine(incomplete: str) -> list[str]:
    """The names of engines that begin with ``incomplete``."""
    from effects.engines import ENGINES

    return [name for name in ENGINES if name.startswith(incomplete)]


def complete_drums(incomplete: str) -> list[str]:
    """What can become of drums, of what begins with ``incomplete``."""
    from effects.engines import DRUMS

    return [word for word in DRUMS if word.startswith(incomplete)]


def complete_device(incomplete: str) -> list[str]:
    """What may be said of where to compute, of what begins with ``incomplete``."""
    from effects.running.devices import DEVICES

    return [word for word in DEVICES if word.startswith(incomplete)]


def complete_daw(incomplete: str) -> list[str]:
    """The names of DAWs that begin with ``incomplete``."""
    from plugin_bridge.daw.install import DAWS

    return [name for name in DAWS if name.startswith(incomplete)]


def complete_own_chain(incomplete: str) -> list[tuple[str, str]]:
    """The names of the user's own chains that begin with ``incomplete``, and their labels."""
    return _completions(incomplete, lambda chain: not chain.built_in, chains=True)


def _completions(
    incomplete: str, wanted: Callable[[Any], bool], *, chains: bool = False
) -> list[tuple[str, str]]:
    """Names and labels; labels keep only plain letters, because zsh evaluates what it is told."""
    try:
        import presets

        return [
            (it.name, "".join(c if c.isalnum() or c in " -,." else " " for c in it.label).strip())
            for it in (presets.chains() if chains else presets.every())
            if wanted(it) and it.name.startswith(incomplete)
        ]
    except Exception:  # a message would appear in the middle of what is being typed
        return []
