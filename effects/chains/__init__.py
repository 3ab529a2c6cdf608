"""Chains from text files: which effects there are, and boards made of what a file says.

- `effects.chains.kinds`: the effects of the installed pedalboard and of Restyle, their parameters
  and ranges, found by introspection (`native_kinds`, `own_kinds`, `ranges`);
- `effects.chains.settings`: a chain with some of its settings changed, checked;
- `effects.chains.plugins`: where plugins are looked for; `effects.chains.hosting`: plugins loaded
  and set;
- `effects.chains.build`: the effects that a chain says; `effects.chains.saved`: the chain that
  effects are.
"""
