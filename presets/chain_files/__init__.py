"""Chains as text files: several effects in a row, under one name.

`presets.chain_files.chain` is one of them, `presets.chain_files.catalogue` finds them, and
`presets.chain_files.user` manages the user's own; `presets.chain_files.toml_text` reads texts of
strangers. What the effects are and do, `effects.chains` knows.
"""
