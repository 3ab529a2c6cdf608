"""What a comparison of engines found: data, apart from how it is made and shown."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from effects.engines.report import Report
from plugin_bridge.files.result_folder import Kind
from plugin_bridge.reports import metrics

KIND = Kind("comparison", command="compare", needs_force=True)

Figures = Mapping[str, float | None]


@dataclass(frozen=True)
class Clip:
    """A sound that goes in: the content, or a style.

    Attributes:
        name: what it is called; no two styles have the same name.
        file: the sound, a path inside the comparison's folder.
        picture: its spectrogram, likewise.
        seconds: its length.
        sample_rate: in Hz.
        channels: how many.
        source: the file it was read from, or the preset.
        credit: whose it is, if it is a preset's.
        figures: for a style, those of the untouched content, which an engine should improve on.
    """

    name: str
    file: str
    picture: str
    seconds: float
    sample_rate: int
    channels: int
    source: str
    credit: str = ""
    figures: Figures = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What an engine made of the content.

    Attributes:
        style: the style's name.
        engine: the engine's name in `effects.engines.ENGINES`.
        label: the engine, and where its weights are from.
        options: the engine's options that differ from the defaults.
        weights: the file of trained weights and its SHA-256; empty for random weights.
        strength: 0 to 1.
        mix: 0 to 1.
        error: why there is no result, in a line; empty if there is one.
        file: the sound, a path inside the comparison's folder.
        picture: its spectrogram, likewise.
        clipped: whether peaks above full scale were cut off in the file.
        seconds: the time it took. It includes the statistics of the style, unless they were in
            the cache.
        figures: by name, as in `plugin_bridge.reports.metrics.FIGURES`.
        loss_curves: as `effects.StyleTransfer.loss_curves`.
        report: as `effects.StyleTransfer.report`.
    """

    style: str
    engine: str
    label: str
    options: Mapping[str, Any]
    weights: Mapping[str, str]
    strength: float
    mix: float
    error: str = ""
    file: str = ""
    picture: str = ""
    clipped: bool = False
    seconds: float | None = None
    figures: Figures = field(default_factory=dict)
    loss_curves: Sequence[Sequence[tuple[float, float]]] = ()
    report: Report | None = None

    @property
    def key(self) -> str:
        """What tells it from other results of the same inputs: its settings."""
        settings = (self.style, self.engine, self.options, self.strength, self.mix)
        return json.dumps([*settings, self.weights.get("sha256")], sort_keys=True, default=str)


@dataclass(frozen=True)
class Comparison:
    """All that the page shows.

    Attributes:
        version: of Restyle.
        torch: its version.
        device: what computed.
        seed: of the random filters and weights.
        shown_seconds: the length of every picture.
        shown_hz: the highest frequency in every picture.
        content: what was restyled.
        styles: in the order given.
        results: by style, engine and strength.
        inputs: a digest of all that the results have in common; two comparisons that have the same
            can share results.
        pending: the tries that are still to come, in words.
    """

    version: str
    torch: str
    device: str
    seed: int
    shown_seconds: float
    shown_hz: float
    content: Clip
    styles: Sequence[Clip]
    results: Sequence[Result]
    inputs: str = ""
    pending: Sequence[str] = ()

    @property
    def failed(self) -> list[Result]:
        """The tries that came to no result."""
        return [result for result in self.results if result.error]

    def to_json(self) -> str:
        """As a JSON object; a number that is not defined, or not finite, is null."""
        about = [asdict(figure) for figure in metrics.FIGURES]
        everything = _finite({**asdict(self), "definitions": about})
        return json.dumps(everything, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Comparison:
        """The comparison of which ``text`` is the `to_json`; what was not finite is NaN.

        Raises:
            ValueError: it is that of none.
        """
        try:
            known = json.loads(text)
            known.pop("definitions")
            known["content"] = Clip(**known["content"])
            known["styles"] = [Clip(**it) for it in known["styles"]]
            known["results"] = [_result(it) for it in known["results"]]
            return cls(**known)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"This is no comparison's data: {error}.") from error


def _result(facts: dict[str, Any]) -> Result:
    """A result as JSON has it."""
    curves = [
        [(_number(style), _number(content)) for style, content in curve]
        for curve in facts["loss_curves"]
    ]
    report = None if facts["report"] is None else Report.from_dict(facts["report"])
    return Result(**{**facts, "loss_curves": curves, "report": report})


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _finite(value: Any) -> Any:
    """The value with None for each NaN and infinity in it, which JSON does not have."""
    if isinstance(value, Mapping):
        return {name: _finite(it) for name, it in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(it) for it in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
