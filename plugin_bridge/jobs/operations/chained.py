"""Jobs of the operation ``restyle`` whose sound is that of a chain.

The setting ``preset`` may name a chain in place of a preset, and the setting ``chain`` be the text
of one. The other settings are the chain's: ``strength`` of its StyleTransfer, or
``reverb.wet_level`` of another effect. No plugin is loaded here: that is for workers, whose death
costs nobody else anything.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any

import presets
from plugin_bridge.errors import shown
from plugin_bridge.jobs.chain_rules import ChainRules
from plugin_bridge.jobs.job import Value
from plugin_bridge.jobs.operations.operation import FILE_SETTINGS
from plugin_bridge.jobs.refusal import Refusal, code_of
from presets.chain_files import catalogue
from presets.chain_files.chain import FILES, Chain, ChainError, Effect, UnknownChain, parse

if TYPE_CHECKING:
    from effects.chains.kinds import Parameter
    from effects.running.progress import OnProgress
    from plugin_bridge.files.sound_files import Sound

#: Settings that are the job's, whatever its chain has.
OF_THE_JOB = ("preset", "chain", "gain_db", "start_seconds", "end_seconds", *FILE_SETTINGS)
#: Settings that no client may have: they name files, are a plugin's that only the chain's file has,
#: or say which of the server's devices computes.
NOT_FOR_CLIENTS = frozenset((*FILES, "plugin_name", "parameters", "state", "device"))
#: Begins the first line of a chain that is sent as a text, a comment: the rest of it is its name.
NAMED = "# "
#: How much longer than the stem a result may be that keeps its tail: as `effects.board` has it.
MOST_TAIL_SECONDS = 60.0


def find(name: str) -> presets.Preset | Chain:
    """The preset of that name or General MIDI number, or else the chain of that name.

    Raises:
        Refusal: there is neither, or it cannot be read.
    """
    try:
        # First, since it is known at once whether there is such a preset or chain. Where there is
        # none, the likely ones are looked for, which takes tens of milliseconds.
        if catalogue.is_taken(name) and not catalogue.has_preset(name):
            return presets.chain(name)
    except UnknownChain:  # it was removed meanwhile
        pass
    except ChainError as error:  # names its file: the name of that is enough
        text = str(error).replace(f"{catalogue.user_folder()}{os.sep}", "")
        raise Refusal("bad_chain", text) from error
    try:
        return presets.get(name)
    except presets.UnknownPreset:
        close = [*presets.suggestions(name), *catalogue.suggestions(name)][:3]
    except presets.PresetError as error:
        raise Refusal("no_such_preset", str(error)) from error
    likely = f": did you mean {' or '.join(close)}?" if close else "."
    raise Refusal(
        "no_such_preset",
        f"There is no preset or chain {shown(name, 100)!r}{likely} "
        "See restyle presets and restyle chains.",
    )


def chain_of(settings: Mapping[str, Any], rules: ChainRules) -> Chain | None:
    """The chain of a job, without the job's settings; None if it has a preset or a clip.

    Raises:
        Refusal: there is none of that name, it is none, or no client may send one.
    """
    text, name = settings.get("chain"), settings.get("preset")
    if text:
        if not rules.trusted:
            raise Refusal(
                "bad_setting",
                "chain is not taken from clients: restyle chains add FILE puts it on the server, "
                "and its name stands where a preset's does.",
            )
        if name:
            raise Refusal("bad_setting", "Give either chain or preset: one stands for the other.")
        first = str(text).partition("\n")[0]
        called_so = first.removeprefix(NAMED) if first.startswith(NAMED) else ""
        try:
            return parse(str(text), name=called_so)
        except ChainError as error:
            raise Refusal("bad_chain", str(error)) from error
    found = find(name) if name and isinstance(name, str) else None
    return found if isinstance(found, Chain) else None


def value(name: str, given: Any) -> Value:
    """The value of a setting of one of the chain's effects: a number, a switch or a text."""
    if isinstance(given, str) or (isinstance(given, (int, float)) and math.isfinite(given)):
        return given
    raise Refusal("bad_setting", f"{name} must be a number or a word, not {given!r}.")


def adjusted(chain: Chain, settings: Mapping[str, Value], rules: ChainRules) -> Chain:
    """The chain with a job's settings. All is checked that can be without loading a plugin.

    Raises:
        Refusal: something is wrong with the chain, or with the settings: one line.
    """
    from effects.chains.build import check
    from effects.chains.settings import with_settings

    _check_plugins(chain, rules)
    if wrong := check(chain, rules.plugins):
        raise _bad(chain, wrong[0], rules)
    own = {name: it for name, it in settings.items() if name not in OF_THE_JOB}
    if not rules.trusted:
        _check_for_clients(own)
    if not own:
        return chain
    try:
        changed = with_settings(chain, own)
    except ChainError as error:
        raise Refusal("bad_setting", _told(str(error), chain, rules)) from error
    if wrong := check(changed, rules.plugins):
        raise Refusal("bad_setting", _told(wrong[0], chain, rules))
    return changed


def parameters(chain: Chain, rules: ChainRules) -> dict[str, Parameter]:
    """What can be set of a chain in a job, by name; first what is the job's own.

    Raises:
        Refusal: something is wrong with the chain.
    """
    from effects.chains import settings
    from effects.chains.kinds import Parameter

    try:
        known = settings.parameters(chain)
    except ChainError as error:
        raise _bad(chain, str(error), rules) from error
    gain = Parameter(name="gain_db", kind="number", default=0.0, least=-60.0, most=0.0, unit="dB")
    free = {name: it for name, it in known.items() if rules.trusted or not is_private(name)}
    return {"gain_db": gain} | {name: it for name, it in free.items() if name != "preset"}


def is_private(name: str) -> bool:
    """Whether no client may set this, be it a setting or a parameter of an effect."""
    return name.rpartition(".")[2] in NOT_FOR_CLIENTS


def takes(chain: Chain, settings: Mapping[str, Value], rules: ChainRules) -> bool:
    """Whether a chain can have these settings."""
    try:
        adjusted(chain, settings, rules)
    except Refusal:
        return False
    return True


def run(
    chain: Chain, sound: Sound, report: OnProgress, threads: int | None, rules: ChainRules
) -> tuple[Sound, Mapping[str, Any]]:
    """What a chain makes of a sound, in a worker, and what that is made of.

    Raises:
        Refusal: it begins with an instrument, or its plugins will not have its settings, or one of
            its effects cannot take such a sound.
    """
    from effects.boards.native import PLUGIN
    from effects.chains.kinds import plugins_of
    from plugin_bridge.files.chained import board_of, through

    try:
        board = board_of(chain, plugins=rules.plugins, report=report, threads=threads)
    except ChainError as error:
        raise _bad(chain, str(error), rules) from error
    if any(getattr(it, "is_instrument", False) for it in board):
        raise Refusal(
            "bad_chain",
            f"The chain {called(chain)} has an instrument, which plays MIDI files, and jobs are "
            f"about sounds: restyle apply TUNE.mid OUT.wav --chain {called(chain)} plays it.",
        )
    try:
        done = through(board, sound, report)
    except ValueError as error:  # a style that is no sound, for example
        raise Refusal(code_of(error), _told(str(error), chain, rules)) from error
    if names := [_last(str(it.settings.get("path"))) for it in plugins_of(chain)]:
        report(1.0, PLUGIN + ", ".join(names))  # some crash or hang as they are let go
        del board
    return done


def prepare() -> None:
    """Load what checking a chain needs: it takes a third of a second, for which nobody waits."""
    from effects.chains.build import check

    check(Chain(effects=(Effect(type="StyleTransfer", settings={"preset": "violin"}),)))


def called(chain: Chain) -> str:
    """What to call a chain in a message."""
    return chain.name or chain.label or "without a name"


def _bad(chain: Chain, why: str, rules: ChainRules) -> Refusal:
    """What to say of a chain that is no good."""
    text = f"The chain {called(chain)} cannot be used: {_told(why, chain, rules)}"
    return Refusal("bad_chain", text)


def _told(why: str, chain: Chain, rules: ChainRules) -> str:
    """What is wrong with a chain, as it is told: to clients without the names of folders here."""
    if rules.trusted:
        return why
    files = {it.settings.get(name) for it in chain.every_effect() for name in FILES}
    for path in (it for it in files if isinstance(it, str)):
        if name := _last(path):
            why = why.replace(path, name).replace(repr(path), repr(name))
    for folder in (*rules.plugins.folders, *([chain.path.parent] if chain.path else [])):
        why = why.replace(f"{folder}{os.sep}", "")
    return why


def _last(path: str) -> str:
    """The name of a file, whose path may be written with either kind of slashes."""
    return PureWindowsPath(path).name


def _check_plugins(chain: Chain, rules: ChainRules) -> None:
    """Check that a chain's plugins may run, and are there. Raises Refusal if not."""
    from effects.chains.kinds import plugins_of

    for it in plugins_of(chain):
        path = it.settings.get("path")
        name = _last(str(path or it.name))
        needs = f"The chain {called(chain)} needs the plugin {shown(name, 100)}"
        if rules.no_plugins:
            raise Refusal("no_such_plugin", f"{needs}, and {rules.no_plugins}.")
        if not isinstance(path, str):
            continue  # which `check` will say
        try:
            rules.plugins.find(path, None if chain.path is None else chain.path.parent)
        except ChainError as error:
            text = str(error)
            if not rules.trusted:  # that names folders
                text = f"{needs}, which is in none of the folders that restyle serve --plugins has."
            raise Refusal("no_such_plugin", text) from error


def _check_for_clients(settings: Mapping[str, Value]) -> None:
    for name in settings:
        if is_private(name):
            text = f"{name} cannot be set in a job: set it in the chain's file, on the server."
            raise Refusal("bad_setting", text)
