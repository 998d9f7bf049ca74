"""A minute of python at work while SIGPROF comes every millisecond: each round gives the same."""
import ctypes
import hashlib
import json
import re
import signal
import sys
import time
import zlib

ticks = 0


def tick(signum, frame):
    global ticks
    ticks += 1


def work():
    digest = hashlib.sha256()
    table = {str(i): [i ** 3, i / 7, "s%d" % i] for i in range(300)}
    text = json.dumps(table, sort_keys=True)
    assert json.loads(text) == table
    digest.update(re.sub(r"(\d)\d", r"\1", text).encode())
    digest.update(zlib.compress(text.encode()))
    digest.update(repr(sorted((i * 7919 % 1009, i) for i in range(2000))).encode())
    digest.update(repr(sum(1.0 / k for k in range(1, 400))).encode())
    return digest.hexdigest()


class SigEvent(ctypes.Structure):
    """struct sigevent, sigevent(3type)"""
    _fields_ = [("value", ctypes.c_void_p), ("signo", ctypes.c_int), ("notify", ctypes.c_int), ("rest", ctypes.c_char * 48)]


def start_ticks(milliseconds):
    """A POSIX timer: setitimer's ITIMER_PROF comes no oftener than the kernel's own tick, 250 a second on many."""
    libc = ctypes.CDLL(None, use_errno=True)
    timer = ctypes.c_void_p()
    event = SigEvent(signo=signal.SIGPROF, notify=0)  # SIGEV_SIGNAL
    every = (ctypes.c_long * 4)(0, milliseconds * 1000000, 0, milliseconds * 1000000)
    if libc.timer_create(time.CLOCK_MONOTONIC, ctypes.byref(event), ctypes.byref(timer)):
        raise OSError(ctypes.get_errno(), "timer_create")
    if libc.timer_settime(timer, 0, every, None):
        raise OSError(ctypes.get_errno(), "timer_settime")


first = work()
signal.signal(signal.SIGPROF, tick)
start_ticks(1)
seconds = float(sys.argv[1])
start = time.process_time()
while time.process_time() - start < seconds:
    assert work() == first
signal.signal(signal.SIGPROF, signal.SIG_IGN)
print(first, "many ticks" if ticks > 300 * seconds else "few ticks: %d" % ticks)
print(ticks, "ticks", file=sys.stderr)
