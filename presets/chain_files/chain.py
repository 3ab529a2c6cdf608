"""One chain: a TOML file that names effects in their order, and their settings.

    label = "Warm strings in a hall"
    tail = "keep"                       # "cut" without this: as long as what goes in

    [[effects]]
    type = "HighpassFilter"             # a class of pedalboard's or of Restyle's
    name = "low-cut"                    # "highpassfilter" without this
    cutoff_frequency_hz = 80

    [[effects]]
    type = "Mix"                        # side by side, and added up; a Chain is one after another
    effects = [{ type = "Gain", gain_db = -6 }, { type = "Reverb" }]

    [midi]
    74 = "low-cut.cutoff_frequency_hz"
    91 = { parameter = "reverb.wet_level", from = 0.1, to = 0.6 }

Nothing here knows which effects there are: see `effects.chains`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

SUFFIX = ".toml"
TAILS = ("cut", "keep")
CONTAINERS = ("Chain", "Mix")
#: Settings that name files. In a chain's file they are relative to its folder.
FILES = ("path", "style", "weights", "notes", "other", "impulse_response_filename")

# Limits on what a stranger may send: by guess, far above what chains need.
MAX_TEXT_BYTES = 256 << 10  # states of plugins are among it
MAX_EFFECTS = 64
MAX_DEPTH = 8

Value = bool | int | float | str | Mapping[str, "Value"]
"""A setting: a table is only for the ``parameters`` of plugins."""


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


class ChainError(ValueError):
    """Something is wrong with a chain; the message fits on one line and says what to do."""


class UnknownChain(ChainError):  # noqa: N818 - says what is the matter, as FileNotFound would
    """There is no chain of that name; the message suggests some."""


class BrokenChain(ChainError):  # noqa: N818
    """The file is there but is no chain; the message names it and says what is wrong."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One effect of a chain, as it is written.

    Attributes:
        type: the name of its class.
        name: what settings call it; given in the file, or else made by `parse` from the type, or,
            for a plugin, from its file: ``"gain"``, and ``"gain-2"`` for the next one.
        settings: all that is said of it, by name.
        effects: of a container, what is in it.
    """

    type: str
    name: str = ""
    settings: Mapping[str, Value] = field(default_factory=_nothing)
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True)
class Controller:
    """What a MIDI controller moves.

    Attributes:
        parameter: ``"name.parameter"``, or the name of a setting of the chain's StyleTransfer.
        least: the parameter's value where the controller is at 0; None for its own least.
        most: where it is at 127; None for its own most.
    """

    parameter: str
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A chain, as it is written.

    Attributes:
        name: its name in code and on the command line: lower case, hyphens.
        label: its name on a screen.
        note: what a user should know about it.
        tail: ``"cut"``: what comes out lasts as long as what goes in; ``"keep"``: until it
            is silent.
        effects: in their order.
        midi: what MIDI controllers move, by their numbers, 0 to 127.
        path: the file it was read from; None for none.
        built_in: whether it came with Restyle.
    """

    name: str = ""
    label: str = ""
    note: str = ""
    tail: str = "cut"
    effects: tuple[Effect, ...] = ()
    midi: Mapping[int, Controller] = field(default_factory=_nothing)
    path: Path | None = None
    built_in: bool = False

    def every_effect(self) -> Iterator[Effect]:
        """All effects, those in containers after the container."""
        return _walk(self.effects)


def _walk(effects: Sequence[Effect]) -> Iterator[Effect]:
    for it in effects:
        yield it
        yield from _walk(it.effects)


def read(path: Path, *, name: str | None = None, built_in: bool = False) -> Chain:
    """The chain in a file, with the file's name unless ``name`` is given.

    Raises:
        BrokenChain: it cannot be read, or is no chain.
    """
    try:
        text = path.read_bytes()[:MAX_TEXT_BYTES].decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise BrokenChain(f"{path} cannot be read ({error}).") from error
    return parse(text, name=path.stem if name is None else name, path=path, built_in=built_in)


def parse(text: str, *, name: str = "", path: Path | None = None, built_in: bool = False) -> Chain:
    """The chain that a text says.

    Args:
        text: TOML.
        name: the chain's name.
        path: where it was read from, for messages and for files that it names.
        built_in: whether it came with Restyle.

    Raises:
        BrokenChain: it is no chain.
    """
    entries = tomllib.loads(text)
    taken: dict[str, int] = {}
    effects = tuple(_effect(it, taken) for it in entries.pop("effects", []))
    midi = {int(number): _controller(it) for number, it in entries.pop("midi", {}).items()}
    return Chain(
        name=name,
        effects=effects,
        midi=MappingProxyType(midi),
        path=path,
        built_in=built_in,
        **entries,
    )


def render(chain: Chain) -> str:
    """The text of a chain: `parse` makes the same of it."""
    import tomli_w

    entries: dict[str, Any] = {}
    for name, usual in (("label", ""), ("note", ""), ("tail", "cut")):
        if getattr(chain, name) != usual:
            entries[name] = getattr(chain, name)
    entries["effects"] = [_written(it) for it in chain.effects]
    if chain.midi:
        entries["midi"] = {str(number): _told(it) for number, it in chain.midi.items()}
    return tomli_w.dumps(entries)


def _effect(entry: dict[str, Any], taken: dict[str, int]) -> Effect:
    entry = dict(entry)
    kind = entry.pop("type")
    name = entry.pop("name", "") or automatic_name(kind, entry)
    taken[name] = taken.get(name, 0) + 1
    name = name if taken[name] == 1 else f"{name}-{taken[name]}"
    effects = tuple(_effect(it, taken) for it in entry.pop("effects", []))
    return Effect(type=kind, name=name, settings=MappingProxyType(entry), effects=effects)


def automatic_name(kind: str, settings: Mapping[str, Value]) -> str:
    """What settings call an effect of that type if its file does not say."""
    path = str(settings.get("path", ""))
    return (Path(path.replace("\\", "/")).stem if path else kind).casefold()


def _controller(entry: Any) -> Controller:
    if isinstance(entry, str):
        return Controller(entry)
    return Controller(entry["parameter"], entry.get("from"), entry.get("to"))


def _written(effect: Effect) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": effect.type}
    if effect.name != automatic_name(effect.type, effect.settings):
        entry["name"] = effect.name
    entry |= {k: dict(v) if isinstance(v, Mapping) else v for k, v in effect.settings.items()}
    if effect.type in CONTAINERS:
        entry["effects"] = [_written(it) for it in effect.effects]
    return entry


def _told(it: Controller) -> str | dict[str, Any]:
    ends = {"from": it.least, "to": it.most}
    given = {name: value for name, value in ends.items() if value is not None}
    return {"parameter": it.parameter, **given} if given else it.parameter
