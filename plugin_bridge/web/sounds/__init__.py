"""Sounds on their way: written as they come, sent in parts, drawn and played."""
