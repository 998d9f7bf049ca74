"""A minute of python at work while SIGPROF comes every millisecond, or as often as the kernel counts: each round gives the same."""
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


first = work()
signal.signal(signal.SIGPROF, tick)
signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
seconds = float(sys.argv[1])
start = time.process_time()
while time.process_time() - start < seconds:
    assert work() == first
signal.setitimer(signal.ITIMER_PROF, 0)
print(first, "many ticks" if ticks > 100 * seconds else "few ticks: %d" % ticks)
