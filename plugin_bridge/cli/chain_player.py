"""A chain as ``restyle apply`` has it: it plays stems, or MIDI files, one after the other."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from effects.boards.native import PLUGIN
from effects.chains.plugins import ANYWHERE, PluginFolders
from plugin_bridge.files.chained import Tune, board_of, played, style_transfers, through
from presets.chain_files.chain import Chain

if TYPE_CHECKING:
    from effects.board import Pedalboard
    from effects.engines.report import Report
    from effects.running.progress import OnProgress
    from plugin_bridge.files.sound_files import Sound


@dataclass
class ChainPlayer:
    """A chain that is built when it is first needed, perhaps in another process.

    Attributes:
        chain: what to build.
        plugins: where its plugins are looked for.
        threads: how many cores its effects in Python may use; None for all there are.
        midi: a MIDI file that moves its parameters; None for none.
        channel: the channel of it to follow; None for the only one.
    """

    chain: Chain
    plugins: PluginFolders = ANYWHERE
    _: KW_ONLY
    threads: int | None = None
    midi: Path | None = None
    channel: int | None = None
    _board: Pedalboard | None = field(default=None, init=False, repr=False)

    def play(self, stem: Sound | Tune, report: OnProgress) -> Sound:
        """What the chain makes of a stem, or of a MIDI file.

        Raises:
            ValueError: it cannot be built, or is not made for such a file.
        """
        if self._board is None:
            options: dict[str, Any] = {"plugins": self.plugins, "threads": self.threads}
            self._board = board_of(self.chain, report=report, **options)
        board = self._board
        self._check_takes(board, stem)
        if isinstance(stem, Tune):
            first = Path(str(self.chain.effects[0].settings.get("path", ""))).name
            report(0.0, PLUGIN + first)
            return played(board, stem, report)[0]
        if self.midi is None:
            return through(board, stem, report)[0]
        from effects.automated import ChainAutomation

        effect = ChainAutomation(self.midi, board, channel=self.channel)
        return through(effect, stem, report)[0]

    @property
    def report(self) -> Report | None:
        """What its first StyleTransfer made the last stem of."""
        board = self._board or ()
        return next((it.report for it in style_transfers(board) if it.report is not None), None)

    def _check_takes(self, board: Pedalboard, stem: Sound | Tune) -> None:
        plays = len(board) > 0 and getattr(board[0], "is_instrument", False)
        if isinstance(stem, Tune) and not plays:
            raise ValueError(
                f"{stem.path} is a MIDI file, and the chain {self.chain.name} begins with no "
                "instrument: put a VST3 instrument first, or give a sound file."
            )
        if not isinstance(stem, Tune) and plays:
            raise ValueError(
                f"The chain {self.chain.name} begins with an instrument, which plays a MIDI file: "
                "name one in place of the sound. restyle listen IN --midi FILE.mid writes one."
            )
