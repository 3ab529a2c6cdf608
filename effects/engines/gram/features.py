"""What windows and statistics need from an engine: features whose Gram matrices describe a style.

Features are computed from log-magnitude spectrograms, ``[T, n_features]``
(`effects.signal.spectrogram`). With them comes ``active``, ``[T]``: 1 for frames in which something
sounds, 0 for rests. A patch counts if one of its frames is active. So rests in the content are not
filled, and rests in the style clip are not imitated.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from torch import Tensor

from effects.engines.gram.objective import Objective, Statistics, Tick
from effects.signal.spectrogram import Resolution


class GramFeatures(ABC):
    """Features whose Gram matrices are to become the style's."""

    #: Whether frames that are left alone come back exactly as they were: by `Frames.unflattened`
    #: in place of `Frames.at_own_level` (`effects.engines.gram.frames`).
    exact: ClassVar[bool] = False
    #: The engine's, for the report of a call.
    name: ClassVar[str]

    @property
    @abstractmethod
    def n_frames_min(self) -> int:
        """The receptive field: the least number of frames that a spectrogram must have."""

    @property
    def resolution(self) -> Resolution | None:
        """The engine's spectrogram; None for the common one of `effects.signal.spectrogram`."""
        return None

    @property
    def n_iterations(self) -> int:
        """L-BFGS iterations for each window.

        `benchmarks/speed/against_published.py` compares 24 with more, and with the published 300.
        """
        return 24

    @abstractmethod
    def statistics(self, style: Tensor, active: Tensor, *, tick: Tick) -> dict[str, Tensor]:
        """What must be known about a style clip, from ``[S, n_features]`` and ``[S]``."""

    @abstractmethod
    def objective(
        self, content: Tensor, active: Tensor, statistics: Statistics, *, tick: Tick
    ) -> Objective:
        """The objective for one content ``[T, n_features]``; ``tick`` is called while it works."""

    @abstractmethod
    def parameters(self) -> dict[str, Any]:
        """The options on which `statistics` depend: their key in the cache."""
