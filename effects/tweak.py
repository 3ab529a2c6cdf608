"""The effect Tweak."""
