"""A headless Chromium, driven over a pair of pipes by the DevTools protocol; no package needed."""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
#: What axe-core finds wrong with a page, as JSON.
AXE = "axe.run({resultTypes: ['violations']}).then((it) => JSON.stringify(it.violations.map((v) =>\
  [v.id, ...v.nodes.map((node) => node.html.slice(0, 200))])))"
PATIENCE = 60.0  # seconds for an answer; a browser on a busy machine takes its time
POLL_SECONDS = 0.03  # between looks at a page; not searched
#: What a key types, and its number for Windows, by which Chromium knows keys that type nothing.
KEYS = {
    "Tab": ("", 9),
    "Enter": ("\r", 13),
    "Escape": ("", 27),
    "Space": (" ", 32),
    "PageUp": ("", 33),
    "PageDown": ("", 34),
    "End": ("", 35),
    "Home": ("", 36),
    "ArrowLeft": ("", 37),
    "ArrowUp": ("", 38),
    "ArrowRight": ("", 39),
    "ArrowDown": ("", 40),
}


class Browser:
    """One tab; notes what the page complains of and what it asks for."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._write, self._read = to_browser, from_browser
        self._ids, self._rest, self._session = itertools.count(1), b"", ""
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.loaded = False
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Runtime", "Log", "Network", "Page"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Have the browser do something, and wait for its answer."""
        number = next(self._ids)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def open(self, page: Path | str) -> None:
        """Open a page, by its path or its address, and wait until all of it is there."""
        self.loaded = False
        self.call("Page.navigate", url=page.as_uri() if isinstance(page, Path) else page)
        while not self.loaded:
            self._receive()

    def evaluate(self, script: str) -> Any:
        """The value of a script, awaited if it is a promise."""
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, condition: str, seconds: float = PATIENCE) -> Any:
        """Wait until a script's value is true, and return it.

        Raises:
            AssertionError: it did not come true in time.
        """
        end = time.monotonic() + seconds
        while not (value := self.evaluate(condition)):
            assert time.monotonic() < end, f"{condition} did not become true. {self.errors}"
            time.sleep(POLL_SECONDS)
        return value

    def choose_files(self, selector: str, *paths: Path) -> None:
        """Put files into an ``<input type="file">``, as its dialogue would."""
        found = self.call("Runtime.evaluate", expression=f"document.querySelector({selector!r})")
        self.call(
            "DOM.setFileInputFiles",
            files=[str(path) for path in paths],
            objectId=found["result"]["objectId"],
        )

    def press(self, *keys: str) -> None:
        """Press keys one after the other: ``Tab``, ``Shift+Tab``, ``ArrowLeft``, ``x``."""
        for name in keys:
            shift, _, key = name.rpartition("+")
            text, code = KEYS.get(key, (key if len(key) == 1 else "", ord(key[0].upper())))
            about = {"key": " " if key == "Space" else key, "windowsVirtualKeyCode": code}
            about["modifiers"] = 8 if shift == "Shift" else 0
            self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **about)
            self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def click(self, selector: str) -> None:
        """Click with the mouse into the middle of an element, which is scrolled to if need be."""
        x, y = self.evaluate(
            f"""(() => {{
              const element = document.querySelector({selector!r});
              element.scrollIntoView({{ block: "center", behavior: "instant" }});
              const box = element.getBoundingClientRect();
              return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"""
        )
        about = {"x": x, "y": y, "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **about)

    def look(self, *, width: int = 1200, dark: bool = False) -> None:
        """Be as wide as that, and light or dark."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )

    def screenshot(self, path: Path, *, width: int = 1200, dark: bool = False) -> None:
        """A picture of the whole page."""
        self.look(width=width, dark=dark)
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _receive(self) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(end - time.monotonic(), 0))
            more = os.read(self._read, 1 << 16) if ready else b""
            assert more, "the browser ended" if ready else "the browser does not answer"
            self._rest += more
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, method: str, about: dict[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        elif method == "Network.loadingFailed" and not about.get("canceled"):
            self.errors.append(about["errorText"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(about["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and about["type"] in ("error", "assert"):
            self.errors.append(json.dumps(about["args"]))
        elif method == "Log.entryAdded" and about["entry"]["level"] == "error":
            entry = about["entry"]
            self.errors.append(f"{entry['text']} {entry.get('url', '')}")


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser of one's own while the block lasts; ``profile`` is a folder it may fill."""
    assert CHROMIUM is not None
    its_input, to_browser = os.pipe()
    from_browser, its_output = os.pipe()
    # It reads commands from descriptor 3 and answers on 4.
    command = f'exec "$0" "$@" 3<&{its_input} 4>&{its_output}'
    arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--autoplay-policy=no-user-gesture-required",
        "--mute-audio",
        "--hide-scrollbars",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--no-first-run",
        f"--user-data-dir={profile}",
        "--remote-debugging-pipe",
    ]
    with subprocess.Popen(
        ["bash", "-c", command, CHROMIUM, *arguments],
        pass_fds=(its_input, its_output),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(its_input)
        os.close(its_output)
        try:
            yield Browser(to_browser, from_browser)
        finally:
            os.close(to_browser)  # upon which it ends
            os.close(from_browser)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def from_npm(folder: Path, package: str) -> Path:
    """Install a package of npm's in a folder; skips the test where that cannot be."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"needs npm, for {package}")
    command = [npm, "install", "--no-save", "--no-audit", "--prefix", str(folder), package]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip(f"npm cannot get {package}: no network?")
    return folder / "node_modules" / package.partition("@")[0]
