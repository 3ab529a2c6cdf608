"""Features whose Gram matrices tell a style: what windows and statistics ask of an engine.

Features are log-magnitude spectrograms ``[T, n_features]`` (`effects.signal.spectrogram`). Beside
them goes ``active``, ``[T]`` of 0 and 1: frames in which something sounds. A patch counts if one of
its frames is active, so that rests in the content are not taken for something to be filled, and
rests in the style clip not for something to be imitated.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from torch import Tensor

from effects.engines.gram.objective import Objective, Statistics, Tick
from effects.signal.spectrogram import Resolution


class GramFeatures(ABC):
    """A family of features whose Gram matrices are to become the style's."""

    #: Whether sound that it leaves alone comes back as it was, by
    #: `effects.engines.gram.frames.Frames.unflattened`.
    exact: ClassVar[bool] = False

    @property
    @abstractmethod
    def n_frames_min(self) -> int:
        """The shortest spectrogram it can look at (its receptive field), in frames."""

    @property
    def resolution(self) -> Resolution | None:
        """The spectrogram it looks at, if it is not that of `effects.signal.spectrogram`."""
        return None

    @property
    def n_iterations(self) -> int:
        """L-BFGS iterations of a restyling."""
        return 24

    @abstractmethod
    def statistics(self, style: Tensor, active: Tensor, *, tick: Tick) -> dict[str, Tensor]:
        """All that must be known of a style, from ``[S, n_features]`` and ``[S]``."""

    @abstractmethod
    def objective(
        self, content: Tensor, active: Tensor, statistics: Statistics, *, tick: Tick
    ) -> Objective:
        """The objective for one content ``[T, n_features]``; ``tick`` is called while it works."""

    @abstractmethod
    def parameters(self) -> dict[str, Any]:
        """What its statistics of a clip depend on: the key by which they are cached."""
