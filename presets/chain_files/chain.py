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

import difflib
import math
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from presets.catalogue import MAX_NAME, slug
from presets.chain_files import toml_text
from presets.opening import open_regular
from presets.preset import MAX_ENTRY, shown

SUFFIX = ".toml"
TAILS = ("cut", "keep")
CONTAINERS = ("Chain", "Mix")
#: Settings that name files (``a`` is the song of a Mashup). In a chain's file they are relative to
#: its folder.
FILES = ("path", "style", "weights", "notes", "other", "a", "impulse_response_filename")

# Limits on what a stranger may send: by guess, far above what chains need.
MAX_TEXT_BYTES = toml_text.MAX_TEXT_BYTES
MAX_EFFECTS = 64
MAX_DEPTH = 8
MAX_VALUE = 4096  # characters, as a path may have; only a plugin's state may be longer
MAX_INTEGER = 2**63 - 1  # TOML's own
MOST_KEPT = 20_000  # characters of a text whose chain is kept in memory: by guess, most have fewer

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

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle has: the same, since no pickle takes a read-only mapping."""
        return {**vars(self), "settings": _thawed(self.settings)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become a copy."""
        vars(self).update(state, settings=_frozen(state["settings"]))


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
    """A chain, as it is written. Two that say the same are equal, wherever they were read.

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
    path: Path | None = field(default=None, compare=False)
    built_in: bool = field(default=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle has: the same, since no pickle takes a read-only mapping."""
        return {**vars(self), "midi": dict(self.midi)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become a copy."""
        vars(self).update(state, midi=MappingProxyType(state["midi"]))

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
    text = read_text(path)
    return parse(text, name=path.stem if name is None else name, path=path, built_in=built_in)


def read_text(path: Path) -> str:
    """The text of a chain's file; a link is followed. Raises BrokenChain if it cannot be read."""
    try:
        with open_regular(path) as file:
            content = file.read(MAX_TEXT_BYTES + 1)
    except OSError as error:
        raise BrokenChain(f"{shown(path)} cannot be read ({error.strerror}).") from error
    except ValueError as error:  # a pipe or a device; or no name of a file
        raise BrokenChain(f"{shown(path)} is not an ordinary file: name a chain's.") from error
    try:
        if len(content) > MAX_TEXT_BYTES:
            raise ValueError(f"has more than the {MAX_TEXT_BYTES:,} bytes it may have")
        return content.decode()  # with the mark at its beginning, if it has one
    except UnicodeDecodeError as error:
        raise _broken("its text is not in UTF-8", "", path) from error
    except ValueError as error:
        raise _broken(f"its text {error}", "", path) from error


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
    try:
        said = _kept(text) if len(text) <= MOST_KEPT else _said(text)
        return replace(said, name=name, path=path, built_in=built_in)
    except _Wrong as error:
        raise _broken(str(error), name, path) from error


def render(chain: Chain) -> str:
    """The text of a chain: `parse` makes the same of it.

    Raises:
        BrokenChain: no text can say it, since it has an impossible name or value.
    """
    import tomli_w

    entries: dict[str, Any] = {}
    for name, usual in (("label", ""), ("note", ""), ("tail", "cut")):
        if getattr(chain, name) != usual:
            entries[name] = getattr(chain, name)
    entries["effects"] = [_written(it) for it in chain.effects]
    if chain.midi:
        entries["midi"] = {str(number): _told(it) for number, it in chain.midi.items()}
    try:
        _chain(entries)
        text = tomli_w.dumps(entries)
        if parse(text, name=chain.name) != replace(chain, effects=_named(chain.effects)):
            raise _Wrong("a setting cannot be called type, name or effects")
    except _Wrong as error:
        raise _broken(str(error), chain.name, chain.path) from error
    return text


def automatic_name(kind: str, settings: Mapping[str, Value]) -> str:
    """What settings call an effect of that type if its file does not say."""
    path = str(settings.get("path", "")).replace("\\", "/")
    return (slug(Path(path).stem) or slug(kind) or kind)[:MAX_NAME]


def with_names(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    """The effects with a name for each that has none: ``gain``, or ``gain-2`` if that is taken."""
    taken = {it.name.casefold() for it in _walk(effects) if it.name}

    def named(it: Effect) -> Effect:
        name = it.name
        if not name:
            name = first = automatic_name(it.type, it.settings)
            number = 1
            while name.casefold() in taken:
                number += 1
                name = f"{first[: MAX_NAME - 4]}-{number}"
            taken.add(name.casefold())
        return replace(it, name=name, effects=tuple(map(named, it.effects)))

    return tuple(map(named, effects))


def likely(word: str, known: Iterable[str]) -> str:
    """What to say after a word that is not among those ``known``: which it may have been."""
    known = list(known)
    close = difflib.get_close_matches(word[:MAX_NAME].casefold(), known, 2, 0.6)
    if close:
        return f": did you mean {' or '.join(map(repr, close))}?"
    return f": there are {', '.join(known)}."


class _Wrong(ValueError):  # noqa: N818
    """What is wrong with a chain; of which one, `parse` says."""


def _broken(what: str, name: str, path: Path | None) -> BrokenChain:
    called = f" {shown(path if path is not None else name)}" if path or name else ""
    end = "" if what.endswith(("?", ".")) else "."
    return BrokenChain(f"The chain{called} is broken: {what}{end}")


@lru_cache(maxsize=500)  # chains; by guess, more than anybody has
def _kept(text: str) -> Chain:
    """As `_said`. A server reads all files again whenever somebody asks what there is."""
    return _said(text)


def _said(text: str) -> Chain:
    """The chain that a text says, without a name. Raises _Wrong."""
    try:
        entries = toml_text.load(text)
    except ValueError as error:
        raise _Wrong(f"its text {error}") from error
    return _chain(entries)


def _chain(entries: dict[str, Any]) -> Chain:
    """The chain that entries say, without a name. Raises _Wrong."""
    known = ("label", "note", "tail", "effects", "midi")
    for key, value in entries.items():
        if key == "name":
            raise _Wrong("it says a name: it is called as its file is, and label is for lists")
        if key not in known:
            raise _Wrong(f"chains have no entry {shown(key)}{likely(key, known)}")
        if key in ("label", "note") and not _is_line(value, MAX_ENTRY):
            raise _Wrong(f"its {key} is not one line of up to {MAX_ENTRY} printable characters")
    tail = entries.get("tail", "cut")
    if tail not in TAILS:
        raise _Wrong(f"it says tail = {shown(tail)}: a tail is 'cut' or 'keep'")
    if "effects" not in entries:
        raise _Wrong("it has no effects: begin each of them with [[effects]]")
    effects = _named(_effects(entries["effects"], "", 0))
    count = sum(1 for _ in _walk(effects))
    if count > MAX_EFFECTS:
        raise _Wrong(f"it has {count} effects, and {MAX_EFFECTS} are the most")
    return Chain(
        label=entries.get("label", ""),
        note=entries.get("note", ""),
        tail=tail,
        effects=effects,
        midi=_midi(entries.get("midi", {})),
    )


def _effects(entries: object, of: str, depth: int) -> tuple[Effect, ...]:
    """The effects of a list, without automatic names.

    Args:
        entries: the list.
        of: the place of the container, for messages: ``"2."`` for the second effect.
        depth: how many containers are around them.
    """
    whose = f"effect {of[:-1]}" if of else "it"
    if isinstance(entries, Mapping):
        raise _Wrong(f"{whose} has one table of effects: write [[effects]] with two brackets")
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise _Wrong(f"{whose} says effects = {shown(entries)}, which is no list of effects")
    if depth > MAX_DEPTH:
        raise _Wrong(f"{whose} is in more than {MAX_DEPTH} others")
    if len(entries) > MAX_EFFECTS:
        raise _Wrong(f"{whose} has {len(entries)} effects, and {MAX_EFFECTS} are the most")
    return tuple(_effect(it, f"{of}{place}", depth) for place, it in enumerate(entries, 1))


def _effect(entry: object, place: str, depth: int) -> Effect:
    if not isinstance(entry, Mapping):
        raise _Wrong(f"effect {place} is {shown(entry)} and not a table with a type")
    if "type" not in entry:
        close = difflib.get_close_matches("type", entry, 1)
        hint = f": write type for {shown(close[0])}" if close else ""
        raise _Wrong(f"effect {place} does not say its type{hint}")
    kind = entry["type"]
    if not _is_name(kind):
        raise _Wrong(f"effect {place} says type = {shown(kind)}, which is no name of a class")
    called = f"effect {place} ({kind})"
    name = entry.get("name", "")
    if "name" in entry and not _is_name(name):
        raise _Wrong(
            f"{called} says name = {shown(name)}: a name has up to {MAX_NAME} letters, digits, "
            "hyphens and underscores"
        )
    if "effects" in entry and kind not in CONTAINERS:
        raise _Wrong(f"{called} cannot have effects in it, as only {' and '.join(CONTAINERS)} can")
    return Effect(
        type=kind,
        name=unicodedata.normalize("NFC", name),
        settings=_frozen(
            {
                key: _setting(key, value, called)
                for key, value in entry.items()
                if key not in ("type", "name", "effects")
            }
        ),
        effects=_effects(entry.get("effects", ()), f"{place}.", depth + 1),
    )


def _setting(key: str, value: object, called: str, *, of_plugin: bool = False) -> object:
    """The value of an effect's setting, or of one in its ``parameters``, which a plugin has.

    Raises _Wrong if no setting is like that.
    """
    if not _is_line(key, MAX_ENTRY) or not key.strip():
        raise _Wrong(f"{called} has a setting {shown(key)}, which is no name")
    if isinstance(value, Mapping) and key == "parameters" and not of_plugin:
        inside = f"{called}, in its {key},"
        return {it: _setting(it, own, inside, of_plugin=True) for it, own in value.items()}
    longest = MAX_TEXT_BYTES if key == "state" else MAX_VALUE
    if isinstance(value, str) and len(value) > longest:
        raise _Wrong(f"{called} has a {key} of {len(value):,} characters: {longest:,} are the most")
    if not _is_value(value):
        close = difflib.get_close_matches(key[:MAX_NAME], ("parameters", "effects"), 1)
        hint = f": did you mean {close[0]!r}?" if close and key not in close else ""
        raise _Wrong(
            f"{called} says {key if _is_name(key) else shown(key)} = {shown(value)}, which is no "
            f"finite number, line of text, true or false{hint}"
        )
    return value


def _named(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    """The effects with names for those that have none. Raises _Wrong if two have the same."""
    taken: set[str] = set()
    for it in _walk(effects):
        if it.name.casefold() in taken:
            raise _Wrong(f"two effects have the name {shown(it.name)}: give one another")
        if it.name:
            taken.add(it.name.casefold())
    return with_names(effects)


def _midi(entries: object) -> Mapping[int, Controller]:
    if not isinstance(entries, Mapping):
        raise _Wrong(f"it says midi = {shown(entries)}: begin a table with [midi]")
    found = {}
    for key, value in entries.items():
        digits = "".join(c for c in key[:MAX_NAME] if c in "0123456789").lstrip("0") or "0"
        if key != digits or int(digits) > 127:
            meant = any(c in "0123456789" for c in key) and len(digits) < 4 and int(digits) <= 127
            hint = f": write {digits}" if meant else ""
            raise _Wrong(f"in its midi, {shown(key)} is no controller from 0 to 127{hint}")
        found[int(key)] = _controller(value, f"in its midi, controller {key}")
    return MappingProxyType(found)


def _controller(entry: object, called: str) -> Controller:
    if isinstance(entry, str):
        entry = {"parameter": entry}
    if not isinstance(entry, Mapping):
        raise _Wrong(f"{called} is {shown(entry)} and not the name of what it moves")
    known = ("parameter", "from", "to")
    for key in entry:
        if key not in known:
            raise _Wrong(f"{called} has no entry {shown(key)}{likely(key, known)}")
    parameter = entry.get("parameter", "")
    if not _is_line(parameter, MAX_ENTRY) or not parameter.strip():
        raise _Wrong(f"{called} does not say the parameter that it moves")
    ends = [entry.get(key) for key in ("from", "to")]
    for key, value in zip(("from", "to"), ends, strict=True):
        if key in entry and (isinstance(value, (bool, str)) or not _is_value(value)):
            raise _Wrong(f"{called} says {key} = {shown(value)}, which is no finite number")
    return Controller(unicodedata.normalize("NFC", parameter), *ends)


def _written(effect: Effect) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": effect.type}
    if effect.name and effect.name != automatic_name(effect.type, effect.settings):
        entry["name"] = effect.name
    entry |= _thawed(effect.settings)
    if effect.effects or effect.type in CONTAINERS:
        entry["effects"] = [_written(it) for it in effect.effects]
    return entry


def _told(it: Controller) -> str | dict[str, Any]:
    ends = {"from": it.least, "to": it.most}
    given = {name: value for name, value in ends.items() if value is not None}
    return {"parameter": it.parameter, **given} if given else it.parameter


def _is_line(value: object, most_characters: int) -> bool:
    return isinstance(value, str) and len(value) <= most_characters and value.isprintable()


def _is_name(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= MAX_NAME
        and all(c.isalnum() or c in "-_" or unicodedata.category(c)[0] == "M" for c in value)
    )


def _is_value(value: object) -> bool:
    if isinstance(value, str):
        return value.isprintable()
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and abs(value) <= MAX_INTEGER  # a bool is one of them


def _frozen(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Settings that nobody can change."""
    return MappingProxyType(
        {k: MappingProxyType(dict(v)) if _is_table(v) else v for k, v in settings.items()}
    )


def _thawed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as ordinary dictionaries, for pickles and to be written."""
    return {k: dict(v) if _is_table(v) else v for k, v in settings.items()}


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)
