"""The effect Morph."""
