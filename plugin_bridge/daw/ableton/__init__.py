"""Ableton Live: a Max for Live device (`device`), and a client of AbletonOSC (`abletonosc`)."""
