"""What the API shows of chains: which there are, what is in one, and what can be set of it.

Nothing of it names a folder of the server's, and nothing that it offers to set names a file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any

import presets
from plugin_bridge.errors import shown
from plugin_bridge.jobs import operations
from plugin_bridge.jobs.operations.chained import OF_THE_JOB
from plugin_bridge.jobs.operations.operation import Operation
from plugin_bridge.jobs.settings import Number
from plugin_bridge.web.speech.models import DEFAULT_OPERATION, PRESET
from plugin_bridge.web.speech.parameters import is_private
from plugin_bridge.web.speech.problems import Problem, told
from presets.chain_files import catalogue
from presets.chain_files.chain import Chain, ChainError, Effect

if TYPE_CHECKING:
    from effects.chains.kinds import Parameter

FAMILY = "Chains"  # where they stand among the presets
STYLE_TRANSFER = "StyleTransfer"


def offered() -> list[Chain]:
    """The chains that can be named: where a preset has the same name, that is meant."""
    taken = set(presets.names())
    return [it for it in presets.chains() if it.name not in taken]


def as_preset(chain: Chain) -> dict[str, Any]:
    """A chain among the presets."""
    about = {"name": chain.name, "label": _label(chain), "program": None, "family": FAMILY}
    return {**about, "chain": True, "note": chain.note}


def brief(chain: Chain) -> dict[str, Any]:
    """A chain in a list."""
    about = {"name": chain.name, "label": _label(chain), "note": chain.note, "tail": chain.tail}
    return {**about, "built_in": chain.built_in}


def find(name: str) -> Chain:
    """The chain of that name.

    Raises:
        Problem: there is none, or it cannot be read, or has effects that there are not.
    """
    from effects.chains.kinds import kinds

    try:
        if _is_preset(name):
            raise presets.UnknownChain(name)
        chain = presets.chain(name)
        if unknown := [it.type for it in chain.every_effect() if it.type not in kinds()]:
            text = f"The chain {chain.name} cannot be used: there is no effect {unknown[0]!r}."
            raise ChainError(text)
    except presets.UnknownChain as error:
        likely = " or ".join(map(repr, catalogue.suggestions(name)))
        hint = f"did you mean {likely}?" if likely else "/v1/chains lists them."
        text = f"There is no chain {shown(name)}: {hint}"
        raise Problem("no_such_preset", text, status=404) from error
    except ChainError as error:
        folder = f"{catalogue.user_folder()}{os.sep}"  # of the message the file's name is enough
        said = told("bad_chain", str(error), {folder: ""})
        raise Problem("bad_chain", said) from error
    return chain


def is_chain(name: str) -> bool:
    """Whether a name is a chain's and no preset's."""
    try:
        find(name)
    except Problem as problem:
        return problem.status_code != 404
    return True


def whole(chain: Chain, known: Mapping[str, Parameter]) -> dict[str, Any]:
    """All that is shown of one chain, of which ``known`` can be set in a job."""
    from effects.chains import settings

    own = {it: about for it, about in known.items() if it not in OF_THE_JOB}
    plain = settings.parameters(chain)
    if PRESET in plain:  # who plays it; by that name a job names the chain itself
        own = {PRESET: plain[PRESET], **own}
    named = {_name(chain, it): about for it, about in own.items()}
    return {
        **brief(chain),
        "effects": [_effect(it) for it in chain.effects],
        "settings": list(_settings(named)),
        "parameters": {
            it: {**_parameter(it, about), "default": _default(it, named)}
            for it, about in named.items()
            if not (about.file or is_private(it))
        },
    }


def _label(chain: Chain) -> str:
    return chain.label or chain.name


def _is_preset(name: str) -> bool:
    try:
        presets.get(name)
    except presets.UnknownPreset:
        return False
    except presets.PresetError:  # a broken one hides a chain as well as a whole one
        return True
    return True


def _name(chain: Chain, name: str) -> str:
    """What a job calls a parameter: by its plain name only where an operation has that, too."""
    if "." in name or (name != PRESET and name in _operation().settings):
        return name
    owners = [it.name for it in chain.every_effect() if it.type == STYLE_TRANSFER]
    return f"{owners[0]}.{name}" if owners else name


def _settings(known: Mapping[str, Parameter]) -> Iterator[str]:
    """Those settings of the operation that do something: not all are the chain's."""
    from effects.chains.kinds import kinds

    of_the_effect = kinds()[STYLE_TRANSFER].parameters
    for name in _operation().settings:
        if name in known or (name not in of_the_effect and not is_private(name)):
            yield name


def _operation() -> Operation:
    return operations.find(DEFAULT_OPERATION)


def _effect(effect: Effect) -> dict[str, Any]:
    """An effect by its name and type; of a plugin also the name of its file."""
    about: dict[str, Any] = {"name": effect.name, "type": effect.type}
    if path := effect.settings.get("path"):
        about["plugin"] = PureWindowsPath(str(path)).name  # takes both kinds of slashes
    if effect.effects:
        about["effects"] = [_effect(it) for it in effect.effects]
    return about


def _parameter(name: str, about: Parameter) -> dict[str, Any]:
    """What can be set, as `/v1/settings` has it; a range that is open has no end there."""
    found: dict[str, Any] = {"kind": about.kind}
    if about.kind == "number":
        setting = _operation().settings.get(name)
        limits = setting if isinstance(setting, Number) else about  # a job's may be narrower
        ends = {"least": limits.least, "most": limits.most}
        found |= {name: end for name, end in ends.items() if end is not None}
        found["whole"] = about.whole
    if about.kind == "choice":
        found["words"] = list(about.words)
    return {**found, "unit": about.unit}


def _default(name: str, known: Mapping[str, Parameter]) -> bool | float | str | None:
    """What a parameter is in a chain: None if it is up to another one, as strength is to engine."""
    default = known[name].default
    if isinstance(default, float):
        return float(f"{default:.7g}")  # pedalboard has 0.1 as 0.10000000149
    setting = _operation().settings.get(name)
    if default is None and isinstance(setting, Number) and setting.varies is not None:
        return setting.varies.values.get(str(known[setting.varies.by].default))
    return default
