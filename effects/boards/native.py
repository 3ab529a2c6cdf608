"""Native members of a board: plugins one by one, with what they report and how long they sound."""

from __future__ import annotations

#: Begins the stage that is reported while a plugin in a file of its own is loaded or runs; the name
#: of its file follows. A server knows by it what was to blame when a process dies or hangs.
PLUGIN = "plugin "
