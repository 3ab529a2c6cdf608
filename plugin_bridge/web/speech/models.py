"""What the body of a job may hold: made from the operations, which say what they take.

One model for each operation: its inputs are uploads, its settings have their ranges. Whatever is
new in `plugin_bridge.jobs.operations.OPERATIONS` is in here without a further word.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Union

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    ValidationError,
    create_model,
)

from plugin_bridge.errors import shown
from plugin_bridge.files.formats import FORMATS
from plugin_bridge.jobs import operations
from plugin_bridge.jobs.operations.operation import Operation
from plugin_bridge.jobs.operations.restyle import Restyle
from plugin_bridge.jobs.settings import Choice, Number, Setting, Varies
from plugin_bridge.web.speech.parameters import (
    CHAIN,
    MOST,
    NAMED,
    SCHEMA,
    is_named,
    wrong_with,
)
from plugin_bridge.web.speech.problems import Problem

DEFAULT_OPERATION = "restyle"
PRESET = "preset"  # the setting that stands in place of a style clip
MAX_TEXT = 1000  # characters of a text; not searched
MAX_URL = 2000  # characters: what all browsers and servers take
MAX_ERRORS = 20  # that are listed; not searched
SUFFIXES = tuple(dict.fromkeys(it.name for it in FORMATS.values()))  # without dot
ID = r"^[0-9a-f]{32}$"  # of uploads and jobs: 128 bits

#: In place of pydantic's words for some kinds of error.
_WORDS = {
    "extra_forbidden": "There is no such field: /v1/settings lists those of each operation",
    "missing": "This is needed",
    "union_tag_invalid": "There is no such operation: /v1/settings lists them",
}
_CONFIG = ConfigDict(extra="forbid", allow_inf_nan=False)
_NO_SUCH = _WORDS["extra_forbidden"]
#: Of operations that take chains: further fields are parameters of their effects.
_CHAINED = ConfigDict(
    extra="allow",
    allow_inf_nan=False,
    json_schema_extra={"additionalProperties": False, "patternProperties": {NAMED: SCHEMA}},
)
UploadId = Annotated[str, Field(pattern=ID, description="The id of an upload.")]


class PresetStyle(BaseModel):
    """The sound of a preset."""

    model_config = _CONFIG
    preset: str = Field(
        min_length=1, max_length=128, description="A name in /v1/presets, or in /v1/chains."
    )


class UploadStyle(BaseModel):
    """The sound of a clip that was uploaded."""

    model_config = _CONFIG
    upload: UploadId


class Wanted(NamedTuple):
    """What a body asks for.

    Attributes:
        operation: what is to be done.
        uploads: ids of uploads, by the operation's names for its inputs.
        settings: those that were given, by name; those of effects of a chain as
            ``name.parameter``.
        format: of the result, as the suffix of a file's name without its dot.
        webhook: the address to be told; ``""`` for none.
    """

    operation: str
    uploads: Mapping[str, str]
    settings: Mapping[str, Any]
    format: str
    webhook: str


def read(body: bytes) -> Wanted:
    """What a body asks for.

    Raises:
        Problem: it is no JSON, or has what no operation takes.
    """
    try:
        model = adapter(tuple(operations.OPERATIONS.items())).validate_json(body)
    except ValidationError as error:
        raise invalid(error) from None
    _check_named(model.model_extra or {})
    given = model.model_dump(exclude_unset=True, exclude_none=True)
    kind = operations.find(model.operation)
    uploads, settings = {}, {}
    for name, value in given.items():
        if name in kind.settings or name in (model.model_extra or {}):
            settings[name] = value
        elif name in (*kind.inputs, *kind.instead_of):
            styled = value if isinstance(value, dict) else {"upload": value}
            if PRESET in styled:
                settings[PRESET] = styled[PRESET]
            else:
                uploads[name] = styled["upload"]
    return Wanted(model.operation, uploads, settings, model.format, model.webhook or "")


def _check_named(given: Mapping[str, Any]) -> None:
    """Check the parameters of effects of a chain, as far as the chain is not needed for it.

    Raises:
        Problem: one is none, or no client may set it, or there are too many.
    """
    wrong = {it: wrong_with(it, value) if is_named(it) else _NO_SUCH for it, value in given.items()}
    errors = [{"field": it, "detail": said} for it, said in wrong.items() if said][:MAX_ERRORS]
    if errors:
        text = f"{shown(errors[0]['field'])}: {errors[0]['detail']}."
        raise Problem("bad_setting", text, errors=errors)
    if len(given) > MOST:
        raise Problem("bad_setting", f"Too many parameters of effects: {MOST} are the most.")


def takes_chains(kind: Operation) -> bool:
    """Whether a chain may stand where an operation takes a preset."""
    return isinstance(kind, Restyle)


def is_id(text: str) -> bool:
    """Whether this looks like the id of an upload or a job."""
    return re.fullmatch(ID, text, re.ASCII) is not None


def is_style(kind: Operation, name: str) -> bool:
    """Whether a preset may stand in place of an input."""
    return kind.instead_of.get(name) == PRESET


def style_of(operation: str) -> str:
    """The input of an operation in whose place a preset may stand; ``""`` if there is none."""
    if operation not in operations.OPERATIONS:  # of an earlier Restyle
        return ""
    kind = operations.find(operation)
    return next((it for it in kind.instead_of if is_style(kind, it)), "")


@functools.lru_cache(maxsize=4)  # one is in use; tests have others
def adapter(known: tuple[tuple[str, str], ...]) -> TypeAdapter[Any]:
    """What reads the body of a job of any of the ``known`` operations."""
    models = [_model(name, operations.load(place)) for name, place in known]
    if len(models) == 1:
        return TypeAdapter(models[0])
    tagged = [Annotated[it, Tag(name)] for it, (name, _) in zip(models, known, strict=True)]
    any_of_them: Any = Union[tuple(tagged)]  # noqa: UP007 - how many is only known here
    return TypeAdapter(Annotated[any_of_them, Discriminator(_operation_of)])


def schema() -> dict[str, Any]:
    """The JSON schema of a body, with its models beneath ``$defs``."""
    found = adapter(tuple(operations.OPERATIONS.items()))
    return found.json_schema(ref_template="#/components/schemas/{model}")


def invalid(error: ValidationError) -> Problem:
    """What is said of a body that does not fit: each field, and what it takes."""
    errors = [_said(it) for it in error.errors(include_url=False)[:MAX_ERRORS]]
    if any(it["type"] == "json_invalid" for it in error.errors(include_url=False)):
        return Problem("bad_request", "The body is no JSON.", errors=errors)
    first = errors[0]
    return Problem(
        "bad_setting",
        f"{first['field'] or 'The body'}: {first['detail']}.",
        status=422,
        errors=errors,
    )


def _said(error: Mapping[str, Any]) -> dict[str, str]:
    places = [str(it) for it in error["loc"]]
    names = {*operations.OPERATIONS, PresetStyle.__name__, UploadStyle.__name__}
    field = ".".join(it for it in places if it not in names)
    said = _WORDS.get(error["type"], str(error["msg"])[:MAX_TEXT])
    return {"field": field, "detail": said}


def _operation_of(body: Any) -> Any:
    if isinstance(body, Mapping):
        return body.get("operation", DEFAULT_OPERATION)
    return getattr(body, "operation", DEFAULT_OPERATION)


def _model(name: str, kind: Operation) -> type[BaseModel]:
    """The body of one operation's jobs."""
    tag: Any = Literal[name]
    default = name if name == DEFAULT_OPERATION else ...
    fields: dict[str, Any] = {"operation": (tag, Field(default, description=kind.about))}
    styled = False
    for it in kind.inputs:
        fields[it] = (UploadId, ...)
    for it in kind.instead_of:
        styled = styled or is_style(kind, it)
        taken: Any = PresetStyle | UploadStyle if is_style(kind, it) else UploadId
        fields[it] = (taken | None, None)
    for it, setting in kind.settings.items():
        if not (styled and it == PRESET) and it != CHAIN:
            fields[it] = _field(setting, needed=it not in kind.instead_of.values())
    fields["format"] = (Literal[SUFFIXES], Field(SUFFIXES[0], description="Of the result."))
    told = "An https address that is told of the end."
    fields["webhook"] = (str | None, Field(None, max_length=MAX_URL, description=told))
    title = "".join(word.capitalize() for word in name.split("-"))
    config = _CHAINED if takes_chains(kind) else _CONFIG
    return create_model(f"{title}Job", __config__=config, __doc__=kind.about, **fields)


def _varying(setting: Number, varies: Varies) -> str:
    """What is said of a default that is not the same everywhere."""
    words: dict[float, list[str]] = {}
    for word, value in varies.values.items():
        words.setdefault(value, []).append(word)
    others = (f"{it:g} if {varies.by} is {', '.join(words[it])}" for it in words)
    return f"Without it, {'; '.join((f'{setting.default:g}', *others))}."


def _field(setting: Setting, *, needed: bool) -> tuple[Any, Any]:
    """The type and the limits of a setting; a text without a default may be ``needed``."""
    if isinstance(setting, Choice):
        return Literal[setting.words], setting.default
    if isinstance(setting, Number):
        limits: dict[str, Any] = {"ge": setting.least, "le": setting.most, "strict": True}
        if setting.varies is not None:
            limits["description"] = _varying(setting, setting.varies)
        if setting.whole:
            limits |= {"multiple_of": 1, "json_schema_extra": {"type": "integer"}}
        return float, Field(setting.default, **limits)
    default: Any = ... if needed and not setting.default else setting.default
    return str, Field(default, min_length=1, max_length=MAX_TEXT)
