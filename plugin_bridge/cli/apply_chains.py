"""What ``restyle apply --chain`` is about to do: through which chains, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from effects.chains.kinds import plugins_of
from plugin_bridge.cli.apply_results import Plan
from plugin_bridge.cli.chain_choice import chosen_chains, plugin_folders
from plugin_bridge.cli.chain_options import ChainOptions
from plugin_bridge.cli.chain_player import ChainPlayer
from plugin_bridge.cli.result_names import Variant
from plugin_bridge.files.chained import TUNE_RATE_HZ, Tune, is_midi
from plugin_bridge.files.formats import Quality

if TYPE_CHECKING:
    from presets.chain_files.chain import Chain


@dataclass(frozen=True)
class Through:
    """The chains that all stems go through.

    Attributes:
        chains: by how they were asked for.
        options: those of chains in general.
        threads: how many cores effects in Python may use; None for all there are.
        midi: a MIDI file that moves their parameters; None for none.
        channel: the channel of it to follow; None for the only one.
    """

    chains: Mapping[str, Chain]
    options: ChainOptions
    _: KW_ONLY
    threads: int | None = None
    midi: Path | None = None
    channel: int | None = None

    @property
    def variants(self) -> list[Variant]:
        """The chains, as names for results."""
        return [Variant(chain.name, source) for source, chain in self.chains.items()]

    def plan(
        self,
        stems: Sequence[Path],
        *,
        sample_rate: int | None,
        quality: Quality,
        force: bool,
        report: Path | None,
    ) -> Plan:
        """How the stems go through them.

        Args:
            stems: sound files, or MIDI files for an instrument.
            sample_rate: of what is made of a MIDI file, in Hz; None for the usual one.
            quality: how well results are written.
            force: whether files may be replaced.
            report: where to write what a single result is made of; None for nowhere.

        Raises:
            OSError: a stem cannot be opened.
            ValueError: an option is not for such stems or such chains.
        """
        tunes = {
            it: Tune(it, sample_rate or TUNE_RATE_HZ) for it in dict.fromkeys(stems) if is_midi(it)
        }
        if sample_rate is not None and not tunes:
            raise ValueError(
                "--sample-rate is for MIDI files: a sound file's result has the rate of the sound."
            )
        if tunes and self.midi is not None:
            raise ValueError(
                "--midi moves what a sound goes through, and an instrument follows the MIDI file "
                "that it plays: leave --midi out."
            )
        if report is not None:
            self._check_tells()
        folders = plugin_folders(self.options.plugins)
        return Plan(
            {
                source: ChainPlayer(
                    chain,
                    folders,
                    threads=self.threads,
                    midi=self.midi,
                    channel=self.channel,
                )
                for source, chain in self.chains.items()
            },
            "",
            quality=quality,
            force=force,
            report=report,
            tunes=tunes,
            apart=any(map(plugins_of, self.chains.values())),
        )

    def _check_tells(self) -> None:
        for chain in self.chains.values():
            if not any(it.type == "StyleTransfer" for it in chain.every_effect()):
                raise ValueError(
                    f"--report tells what a StyleTransfer has made, and the chain {chain.name} has "
                    "none: leave it out."
                )


def chains_for(
    options: ChainOptions,
    settings: Mapping[str, Any],
    *,
    threads: int | None,
    midi: Path | None,
    channel: int | None,
) -> Through:
    """The chains that were asked for: see `chosen_chains`, and `Through` for the rest."""
    chains = chosen_chains(options, settings)
    return Through(chains, options, threads=threads, midi=midi, channel=channel)
