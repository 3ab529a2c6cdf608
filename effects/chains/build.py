"""From a chain to a board."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from effects.boards.origins import Origin, remember
from effects.chains import hosting, options
from effects.chains.kinds import Kind, Parameter, kinds, likely
from effects.chains.moving import can_move, ends, moved
from effects.chains.plugins import ANYWHERE, PluginFolders
from effects.chains.settings import find
from effects.chains.wording import about, of_chain, one_line
from presets.chain_files.chain import TAILS, Chain, ChainError, Effect, with_names
from presets.sound_file.header import BadSound
from presets.sound_file.reading import opened


@dataclass(frozen=True)
class Built:
    """What a chain says, as effects.

    Attributes:
        members: in their order.
        named: every effect, also those in containers, by its name in the chain.
    """

    members: list[Any]
    named: Mapping[str, Any]


def check(chain: Chain, plugins: PluginFolders = ANYWHERE) -> list[str]:
    """What is wrong with a chain, one line each; no plugin is loaded, nothing is rendered.

    Types, parameters and their ranges, presets, files and MIDI targets are checked, and that
    plugins are there.
    """
    return _Plan(chain, plugins).errors


def build(
    chain: Chain,
    plugins: PluginFolders = ANYWHERE,
    *,
    threads: int | None = None,
    on_plugin: Callable[[str], object] = lambda name: None,
) -> Built:
    """The effects of a chain. Plugins are loaded last, once all else is known to be right.

    Args:
        chain: what to build.
        plugins: where plugins are looked for.
        threads: how many cores its effects in Python may use.
        on_plugin: called with the name of each plugin's file before it is loaded.

    Raises:
        ChainError: something is wrong with it; one line.
    """
    plan = _Plan(chain, plugins, threads)
    if plan.errors:
        raise ChainError(plan.errors[0])
    for effect in plan.chain.every_effect():
        if id(effect) in plan.files:
            on_plugin(plan.files[id(effect)].name)
            plan.load(effect)
    named: dict[str, Any] = {}
    members = [plan.member(it, named) for it in plan.chain.effects]
    return Built(members, MappingProxyType(named))


def describe(effect: Effect, chain: Chain, plugins: PluginFolders = ANYWHERE) -> list[Parameter]:
    """The parameters of one plugin of a chain, for which it is loaded. Raises ChainError.

    Their defaults are the values that they have in the chain. Meters are left out.
    """
    plan = _Plan(Chain(name=chain.name, effects=(effect,), path=chain.path), plugins)
    if plan.errors:
        raise ChainError(plan.errors[0])
    (alone,) = plan.chain.effects
    if id(alone) not in plan.files:
        raise ChainError(about(chain, effect, "it is no plugin."))
    plan.load(alone)  # it may be an instrument, wherever it is
    return list(hosting.movable(plan.made[id(alone)]).values())


@dataclass
class _Plan:
    """A chain with all that can be made without its plugins, and what is wrong with it.

    Attributes:
        chain, plugins, threads: as `build` has them; here, every effect has a name.
        errors: one line each, in the order of the effects.
        made: effects by the id of what the chain has.
        files: of plugins, likewise.
        settings: as they are kept, likewise.
        moved: which controller moves what: an effect by its id, and a parameter.
    """

    chain: Chain
    plugins: PluginFolders
    threads: int | None = None
    errors: list[str] = field(default_factory=list)
    made: dict[int, Any] = field(default_factory=dict)
    files: dict[int, Path] = field(default_factory=dict)
    settings: dict[int, dict[str, Any]] = field(default_factory=dict)
    moved: dict[tuple[int, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chain = replace(self.chain, effects=with_names(self.chain.effects))
        taken = set[str]()
        for effect in self.chain.every_effect():
            for line in self._wrong(effect):
                self.errors.append(about(self.chain, effect, line))
            if (name := effect.name.casefold()) in taken:
                self.errors.append(about(self.chain, effect, "two effects have this name"))
            taken.add(name)
        if self.chain.tail not in TAILS:
            self._of_chain(f"tail must be one of {', '.join(TAILS)}, not {self.chain.tail!r}.")
        for number in self.chain.midi:
            for line in self._wrong_midi(number):
                self._of_chain(line)

    def _of_chain(self, what: str) -> None:
        self.errors.append(one_line(f"{of_chain(self.chain)}: {what}"))

    # What is wrong with one effect.

    def _wrong(self, effect: Effect) -> Iterator[str]:
        kind = kinds().get(effect.type)
        if kind is None:
            yield f"there is no effect {effect.type!r}{likely(effect.type, kinds())}"
            return
        if effect.effects and not kind.container:
            yield "only a Chain and a Mix hold other effects"
            return
        lines = list(self._checked(effect, kind))
        yield from lines
        if lines or kind.container:
            return
        settings = self.settings[id(effect)]
        if kind.plugin:
            yield from self._wrong_plugin(effect, settings)
            return
        try:
            self.made[id(effect)] = self._make(effect, kind, settings)
        except ChainError as error:
            yield str(error)
        except Exception as error:  # whatever an effect does not like about its options
            yield str(error) or type(error).__name__

    def _checked(self, effect: Effect, kind: Kind) -> Iterator[str]:
        """What is wrong with its settings; what is right of them is kept."""
        kept = self.settings[id(effect)] = {}
        for name, value in effect.settings.items():
            parameter = kind.parameters.get(name)
            if parameter is None:
                yield f"it has no parameter {name!r}{_likely(name, kind)}"
                continue
            try:
                kept[name] = parameter.check(value)
            except ValueError as error:
                yield f"{name} {error}"
                continue
            if parameter.file and not kind.plugin:
                yield from self._wrong_file(name, kept)
        yield from (f"{it} has to be given" for it in kind.given if it not in effect.settings)
        if kind.own:
            yield from options.wrong(kept, kind, effect.settings)

    def _wrong_file(self, name: str, kept: dict[str, Any]) -> Iterator[str]:
        """What is wrong with a file; the path is made one that does not depend on the chain's."""
        path = kept[name]
        if self.plugins.only and self.chain.path is None:
            yield f"{name} is a file, and chains that are sent may name none: use a preset"
        elif not os.path.exists(full := self.folder / path):
            yield f"there is no file {path!r} for its {name}"
        else:
            kept[name] = str(full)

    @property
    def folder(self) -> Path:
        """What paths are relative to."""
        return Path() if self.chain.path is None else self.chain.path.parent

    def _wrong_plugin(self, effect: Effect, settings: Mapping[str, Any]) -> Iterator[str]:
        try:
            if "state" in settings:
                hosting.decoded(settings["state"])
            beside = None if self.chain.path is None else self.chain.path.parent
            self.files[id(effect)] = self.plugins.find(settings["path"], beside)
        except ChainError as error:
            yield str(error)

    # What a controller moves.

    def _wrong_midi(self, number: int) -> Iterator[str]:
        it = self.chain.midi[number]
        what = f"MIDI controller {number}"
        if not 0 <= number <= 127:
            yield f"{what}: numbers of controllers go from 0 to 127."
        try:
            target = find(self.chain, it.parameter)
            if not target.plugin:  # or else it is known when that is loaded
                kind = kinds()[target.effect.type]
                ends(moved(can_move(kind), target.parameter.name, kind.name), it)
        except ChainError as error:
            yield f"{what}: {error}"
            return
        place = id(target.effect), target.parameter.name
        other = self.moved.setdefault(place, number)
        if other != number:
            yield (
                f"The MIDI controllers {other} and {number} both move {it.parameter}: leave one of "
                "them out."
            )

    # Making effects.

    def _make(self, effect: Effect, kind: Kind, settings: Mapping[str, Any]) -> Any:
        if kind.own:
            made = kind.make(**settings, threads=self.threads)
            remember(made, Origin(name=effect.name))
            return made
        for it in kind.given:
            _check_sound(settings[it])
        made = kind.make(**{it: settings[it] for it in kind.given})
        values: dict[str, tuple[Any, Any]] = {}
        for name, parameter in kind.parameters.items():  # in their order, not the file's
            if name in settings and name not in kind.given:
                value = settings[name]
                setattr(made, name, _as_kept(made, parameter, value))
                values[name] = value, getattr(made, name)
        remember(made, Origin(name=effect.name, values=values))
        return made

    def load(self, effect: Effect) -> None:
        """Load a plugin; an instrument only where a chain begins."""
        kind, settings = kinds()[effect.type], self.settings[id(effect)]
        try:
            plugin = hosting.load(kind, self.files[id(effect)], settings, effect.name)
            if plugin.is_instrument and effect is not self.chain.effects[0]:
                raise ChainError(
                    "it is an instrument, which takes no sound: a chain can only begin with one"
                )
            hosting.restore(plugin, settings)
        except ChainError as error:
            raise ChainError(about(self.chain, effect, error)) from error
        self.made[id(effect)] = plugin

    def member(self, effect: Effect, named: dict[str, Any]) -> Any:
        """An effect once all are made; it and those in it are put down by their names."""
        kind = kinds()[effect.type]
        if kind.container:
            named[effect.name] = None  # before what is in it
            made = kind.make([self.member(it, named) for it in effect.effects])
            remember(made, Origin(name=effect.name))
        else:
            made = self.made[id(effect)]
        named[effect.name] = made
        return made


def _likely(name: str, kind: Kind) -> str:
    """What to write for a name that no parameter has; of a plugin, there is a table for its own."""
    hint = likely(name, kind.parameters)
    if not kind.plugin or "did you mean" in hint:
        return hint
    return ": write those of the plugin itself as parameters = { NAME = VALUE }."


def _as_kept(made: Any, parameter: Parameter, value: Any) -> Any:
    """A value as pedalboard takes it: a choice is a member of an enum."""
    if parameter.kind == "choice":
        return type(getattr(made, parameter.name)).__members__[value]
    return value


def _check_sound(path: str) -> None:
    """Check that a sound can be read: pedalboard's effects say nothing if it cannot.

    Raises:
        ChainError: it cannot.
    """
    try:
        with opened(path):
            pass
    except BadSound as error:
        raise ChainError(f"{path} {error}") from error
    except OSError as error:
        raise ChainError(f"{path} cannot be opened ({error.strerror}).") from error
