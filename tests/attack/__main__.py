"""Attack Restyle for as long as one likes, and print the figures.

    python -m tests.attack --minutes 60
    python -m tests.attack files libraries --minutes 10

Run it in the project's folder, with ``pip install '.[test]' ./tests/support``. ``libraries``
compares what could decode sound files; it needs ``pip install av``.
"""

from support.attack.main import main

main()
