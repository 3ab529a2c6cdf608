"""``python -m presets.build``: `presets.studio` under its name of version 0.1."""

from presets.studio.__main__ import main

if __name__ == "__main__":
    main()
