"""``python -m presets.build``, where version 0.1 had what is `presets.studio` now."""

from presets.studio.__main__ import main

if __name__ == "__main__":
    main()
