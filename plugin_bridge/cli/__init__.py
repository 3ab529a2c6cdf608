"""The ``restyle`` command."""
