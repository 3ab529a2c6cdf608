"""What tests have done in a process of its own, which can import this and not a test."""

import ctypes
import os
import signal
import threading
from pathlib import Path


def tell(say, *words):
    for word in words:
        say(word)
    return len(words)


def make_noise(say):
    os.write(1, b"noise")
    os.write(2, b"noise")
    print("noise", flush=True)
    ctypes.CDLL(None).puts(b"noise")
    say("told")


def fail(say):
    raise ValueError("There is\nnothing.")


def crash(say):
    say("about to")
    os.kill(os.getpid(), signal.SIGSEGV)


def be_killed(say):
    os.kill(os.getpid(), signal.SIGKILL)


def hang_with_pythons_lock(say, path):
    """Do as native code that never returns and lets no other thread run."""
    say("hanging")
    ctypes.PyDLL(None).sleep(1000)
    Path(path).write_bytes(b"")


def give_back(say, it):
    return it


def say_and_wait(say):
    say(os.getpid())
    threading.Event().wait(0.3)
    return "went on"
