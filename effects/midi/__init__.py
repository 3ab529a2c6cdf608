"""MIDI: what messages mean to Restyle, and files."""

from effects.midi.messages import Controls, Event, Setting, read_events

__all__ = ["Controls", "Event", "Setting", "read_events"]
