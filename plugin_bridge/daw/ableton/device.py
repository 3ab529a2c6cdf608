"""The Max for Live device: an audio effect that restyles the selected clip.

The device is an ``.amxd`` file and a script beside it. The file is a Max patcher in a container of
three chunks, each a four-letter name, a little-endian length and that many bytes: ``ampf`` says
what kind of device it is, ``meta`` holds a number, ``ptch`` the patcher as JSON. Sound passes
through the device untouched.

The patcher is mostly what a user sees. What the device does is in ``live.js`` and ``core.js``,
which are written as one file, so that Max finds both or neither.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from effects.engines import ENGINES
from plugin_bridge.daw.offers import CHAINS, Offer, offers
from plugin_bridge.daw.seal import SEAL
from plugin_bridge.osc.addresses import HOST, PORT

if TYPE_CHECKING:
    from presets import Chain, Preset

#: Where the device listens until it is told otherwise; ``live.js`` chooses from here upwards.
LISTEN = 9473

DEVICE = "Restyle.amxd"
SCRIPT = "restyle-device.js"
MARK = "Restyle's device for Ableton Live, written by restyle install-daw ableton"

_WIDTH = 330.0  # of the device, in pixels, as all sizes here; by eye
_DISCRETE, _CONTINUOUS = 2, 0  # Max's numbers for kinds of parameters
_STORED, _HIDDEN = 1, 2  # and whether they are saved with the set; neither can be automated

Box = dict[str, Any]
Rect = tuple[float, float, float, float]


class _Wire(NamedTuple):
    source: str
    outlet: int
    target: str
    inlet: int = 0


#: From an outlet of one box to an inlet of another.
_WIRES = (
    _Wire("in", 0, "out", 0),
    _Wire("in", 1, "out", 1),
    _Wire("awake", 0, "first"),
    _Wire("first", 1, "values"),  # right before left: settings first
    _Wire("first", 0, "start"),
    _Wire("values", 0, "menu"),
    _Wire("values", 0, "dial"),
    _Wire("values", 0, "engines"),
    _Wire("start", 0, "script"),
    _Wire("menu", 0, "preset"),
    _Wire("preset", 0, "script"),
    _Wire("dial", 0, "strength"),
    _Wire("strength", 0, "script"),
    _Wire("engines", 0, "engine"),
    _Wire("engine", 0, "script"),
    _Wire("take", 0, "style"),
    _Wire("style", 0, "script"),
    _Wire("go", 0, "restyle"),
    _Wire("restyle", 0, "script"),
    _Wire("stop", 0, "cancel"),
    _Wire("cancel", 0, "script"),
    _Wire("listen", 0, "osc"),
    _Wire("osc", 0, "script"),
    _Wire("script", 0, "send"),
    _Wire("script", 1, "status"),
    _Wire("script", 2, "progress"),
    _Wire("script", 3, "listen"),
)

#: The patcher's settings: Max opens it looking like the device in Live.
_WINDOW: dict[str, Any] = {
    "fileversion": 1,
    "description": MARK,
    "digest": "Restyles the selected clip by the server that restyle serve starts",
    "tags": SEAL.decode(),  # words to find a patcher by
    "appversion": {
        "major": 8,
        "minor": 5,
        "revision": 0,
        "architecture": "x64",
        "modernui": 1,
    },
    "classnamespace": "box",
    "rect": [60.0, 90.0, 900.0, 800.0],
    "openrect": [0.0, 0.0, _WIDTH, 169.0],
    "bglocked": 0,
    "openinpresentation": 1,
    "default_fontsize": 10.0,
    "default_fontface": 0,
    "default_fontname": "Arial",
    "gridonopen": 1,
    "gridsize": [15.0, 15.0],
    "gridsnaponopen": 1,
    "devicewidth": _WIDTH,
}


def build(presets: Sequence[Preset], chains: Sequence[Chain] = ()) -> dict[str, bytes]:
    """The device's files by name, to be put into one folder.

    Args:
        presets: what the device's menu offers; the server is asked for them by name.
        chains: likewise.

    Raises:
        ValueError: there is no preset.
    """
    if not presets:
        raise ValueError("There is no preset: the device would have an empty menu.")
    offers = _offers(presets, chains)
    patcher = _patcher(_menu(offers))
    return {DEVICE: _container(patcher), SCRIPT: _script(offers)}


def _offers(presets: Sequence[Preset], chains: Sequence[Chain]) -> list[Offer]:
    """In General MIDI's order and then chains, the user's own last.

    A set remembers a place in the menu, so a preset that is added must not move the built-in ones.
    """
    return [
        offer
        for built_in in (True, False)
        for offer in offers(
            [it for it in presets if it.built_in is built_in],
            [it for it in chains if it.built_in is built_in],
        )
    ]


def _menu(offers: Sequence[Offer]) -> list[str]:
    """The menu's items, one for each preset and chain: single lines, no two alike."""
    items: list[str] = []
    for it in offers:
        item = " ".join(f"{it.family}: {it.label}".split())
        items.append(item if item not in items else f"{item} ({it.name})")
    return items


def _script(offers: Sequence[Offer]) -> bytes:
    """The script, in ASCII, which Max reads correctly whatever encoding it expects."""
    folder = files(__package__)
    sources = [folder.joinpath(it).read_text("utf-8") for it in ("core.js", "live.js")]
    lists = {
        "PRESETS": [it.name for it in offers],
        "CHAINS": [it.name for it in offers if it.family == CHAINS],
        "ENGINES": [*ENGINES],
    }
    tables = [f"var {name} = {json.dumps(it)};" for name, it in lists.items()]
    text = "\n".join([f"// {MARK}.", *tables, *sources])
    return "".join(it if it < "\x80" else json.dumps(it)[1:-1] for it in text).encode("ascii")


def _container(patcher: dict[str, Any]) -> bytes:
    """The .amxd file. Its first line of text is the patcher, with `MARK` near its beginning."""
    text = json.dumps(patcher, ensure_ascii=False, separators=(",", ":")).encode()
    while b"\n" in struct.pack("<I", len(text) + 2):  # a byte of the length would end the line
        text += b" "
    chunks = {b"ampf": b"aaaa", b"meta": struct.pack("<I", 1), b"ptch": text + b"\n\0"}
    return b"".join(name + struct.pack("<I", len(it)) + it for name, it in chunks.items())


def _patcher(menu: list[str]) -> dict[str, Any]:
    """Max's own format, as its editor saves it: boxes, lines between them, and the settings."""
    boxes = _boxes(menu)
    ids = {box["id"]: f"obj-{number}" for number, box in enumerate(boxes, 1)}
    for row, box in enumerate(boxes):
        box["id"] = ids[box["id"]]
        box.setdefault("patching_rect", [30.0, 30.0 + 30.0 * row, 150.0, 22.0])
    lines = [
        {"source": [ids[it.source], it.outlet], "destination": [ids[it.target], it.inlet]}
        for it in _WIRES
    ]
    return {
        "patcher": {
            **_WINDOW,
            "boxes": [{"box": box} for box in boxes],
            "lines": [{"patchline": line} for line in lines],
            "parameters": _parameters([it for it in boxes if it.get("parameter_enable")]),
            "dependency_cache": [
                {"name": SCRIPT, "patcherrelativepath": ".", "type": "TEXT", "implicit": 1}
            ],
            "latency": 0,
            "autosave": 0,
        }
    }


def _boxes(menu: list[str]) -> list[Box]:
    """The objects of the patcher, in the order in which Max draws them."""
    return [*_surface(menu), *_inside()]


def _surface(menu: list[str]) -> list[Box]:
    """The boxes that are seen in Live."""
    return [
        _label("title", "Restyle", (8.0, 6.0, 120.0, 18.0), face=1),
        _choice("menu", "Preset", (8.0, 32.0, 210.0, 15.0), menu),
        _parameter(
            "dial",
            "live.dial",
            "Strength",
            (270.0, 8.0, 44.0, 48.0),
            outlets=["", "float"],
            values={"parameter_type": _CONTINUOUS, "parameter_unitstyle": 1, **_range(1.0, 0.5)},
        ),
        _choice("engines", "Engine", (128.0, 8.0, 90.0, 15.0), [*ENGINES]),
        _button("take", "Use as style", (228.0, 60.0, 86.0, 22.0)),
        _button("go", "Restyle clip", (8.0, 60.0, 120.0, 22.0)),
        _button("stop", "Cancel", (138.0, 60.0, 80.0, 22.0)),
        _bar("progress", (8.0, 92.0, 306.0, 10.0)),
        _label("status", "Starting", (8.0, 108.0, 306.0, 54.0), lines=3),
    ]


def _inside() -> list[Box]:
    """The boxes that pass the sound on and do the work."""
    return [
        _object("in", "plugin~", 2, ["signal", "signal"]),
        _object("out", "plugout~", 2, ["signal", "signal"]),
        _object("awake", "live.thisdevice", 1, ["bang", "int", "int"]),
        _object("first", "t b b", 1, ["bang", "bang"]),
        _message("values", "outputvalue"),
        _message("start", "start"),
        _object("preset", "prepend preset", 1, [""]),
        _object("strength", "prepend strength", 1, [""]),
        _object("engine", "prepend engine", 1, [""]),
        _message("style", "style"),
        _message("restyle", "restyle"),
        _message("cancel", "cancel"),
        _object("listen", f"udpreceive {LISTEN} @defer 1", 1, [""]),
        _object("osc", "prepend osc", 1, [""]),
        _object(
            "script",
            f"js {SCRIPT}",
            1,
            ["", "", "", ""],
            saved_object_attributes={"filename": SCRIPT, "parameter_enable": 0},
        ),
        _object("send", f"udpsend {HOST} {PORT}", 1, []),
    ]


def _parameters(boxes: Sequence[Box]) -> dict[str, Any]:
    """The parameters, for Live; the first two are on the first page of a controller."""
    parameters: dict[str, Any] = {}
    for box in boxes:
        values = box["saved_attribute_attributes"]["valueof"]
        names = values["parameter_longname"], values["parameter_shortname"]
        parameters[box["id"]] = [*names, 0]
    shown = [*[box["varname"] for box in boxes[:2]], *["-"] * 6]
    parameters["parameterbanks"] = {"0": {"index": 0, "name": "", "parameters": shown}}
    return parameters


def _box(id_: str, kind: str, inlets: int, outlets: list[str], **more: object) -> Box:
    box: Box = {"id": id_, "maxclass": kind, "numinlets": inlets, "numoutlets": len(outlets)}
    if outlets:
        box["outlettype"] = outlets
    return {**box, **more}


def _object(id_: str, text: str, inlets: int, outlets: list[str], **more: object) -> Box:
    return _box(id_, "newobj", inlets, outlets, text=text, **more)


def _message(id_: str, text: str) -> Box:
    return _box(id_, "message", 2, [""], text=text)


def _seen(rect: Rect) -> dict[str, object]:
    """A box's place in the device; in the patcher, the same to the right of the other boxes."""
    left, *others = rect
    return {
        "patching_rect": [300.0 + left, *others],
        "presentation": 1,
        "presentation_rect": list(rect),
    }


def _label(id_: str, text: str, rect: Rect, *, face: int = 0, lines: int = 1) -> Box:
    more = {"text": text, "fontface": face, "linecount": lines, **_seen(rect)}
    return _box(id_, "comment", 1, [], **more)


def _bar(id_: str, rect: Rect) -> Box:
    more = {"floatoutput": 1, "size": 1.0, "orientation": 1, "ignoreclick": 1, **_seen(rect)}
    return _box(id_, "slider", 1, [""], parameter_enable=0, **more)


def _range(most: float, initial: float = 0) -> dict[str, object]:
    return {
        "parameter_mmin": type(most)(0),
        "parameter_mmax": most,
        "parameter_initial": [initial],
        "parameter_initial_enable": 1,
    }


def _parameter(
    id_: str,
    kind: str,
    name: str,
    rect: Rect,
    *,
    outlets: list[str],
    values: dict[str, object],
    hidden: bool = False,
    **more: object,
) -> Box:
    """A ``live.*`` object, which Live knows as ``name``."""
    valueof = {
        "parameter_longname": name,
        "parameter_shortname": name,
        "parameter_invisible": _HIDDEN if hidden else _STORED,
        **values,
    }
    attributes = {"saved_attribute_attributes": {"valueof": valueof}, "varname": name, **more}
    return _box(id_, kind, 1, outlets, parameter_enable=1, **_seen(rect), **attributes)


def _choice(id_: str, name: str, rect: Rect, words: list[str]) -> Box:
    values: dict[str, object] = {
        "parameter_type": _DISCRETE,
        "parameter_enum": words,
        **_range(len(words) - 1),
    }
    return _parameter(id_, "live.menu", name, rect, outlets=["", "", "float"], values=values)


def _button(id_: str, name: str, rect: Rect) -> Box:
    values: dict[str, object] = {
        "parameter_type": _DISCRETE,
        "parameter_enum": ["off", "on"],
        "parameter_mmax": 1,
    }
    return _parameter(
        id_,
        "live.text",
        name,
        rect,
        outlets=["", ""],
        values=values,
        hidden=True,
        mode=0,
        text=name,
        texton=name,
    )
