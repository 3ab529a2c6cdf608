"""``python -m presets.build``, as version 0.1 had it: see `presets.studio`."""

from presets.studio.__main__ import main

if __name__ == "__main__":
    main()
