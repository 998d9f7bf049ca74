#!/usr/bin/env python3
"""Calls in translated code. BOX64_TRACE=bridge names every library call of a hot loop; without it translated code makes
them itself (no region ends at the bridge). Hot functions that the interpreter calls return without a fault of the stack
of return addresses. Branches are linked, under any QEMU too (7.2 does not see what is rewritten through a second
mapping of code). A thread that waits in a library call keeps no code memory from being used again.
Exit status 77: no compiler or no tree."""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

import guests

SOURCE = """
#include <unistd.h>
int main(void) { int n = 0; for (int i = 0; i < 1000; i++) n += getppid() > 0; return n != 1000; }
"""
HERE = os.path.dirname(os.path.abspath(__file__))
# 600 places that call, each too seldom to be translated.
COLD = """
__attribute__((noinline)) int hot(int x) { __asm__ volatile(""); return x + 1; }
#define TEN(x) x x x x x x x x x x
int main(void) { int n = 0; for (int i = 0; i < 15; i++) { TEN(TEN(n = hot(n); n = hot(n); n = hot(n);
n = hot(n); n = hot(n); n = hot(n);)) } return n != 9000; }
"""

FIB = """
__attribute__((noinline)) long fib(long n) { __asm__ volatile(""); return n < 2 ? n : fib(n - 1) + fib(n - 2); }
int main(void) { return fib(20) != 6765; }
"""


def build(tmp, name, source):
    program = f"{tmp}/{name}"
    subprocess.run([guests.COMPILER, "-O1", "-fwrapv", "-w", "-x", "c", "-", "-o", program, "-lpthread"],
                   input=source.encode(), check=True)
    return program


def run(a, program, **settings):
    r = guests.run(a, [program], {"NOBANNER": "1", "DYNAREC": "1", **settings}, capture_output=True, timeout=150)
    return r.returncode, (r.stdout + r.stderr).decode().splitlines()


def linked(a, program):
    """Is translated code entered seldom, under the QEMU of the tests and under the one of the PATH?"""
    other = a.qemu and shutil.which(os.path.basename(a.qemu))
    good = True
    for qemu in [a.qemu] + ([other] if other else []):
        status, stats = run(argparse.Namespace(**{**vars(a), "qemu": qemu}), program, STATS="1")
        entered = re.search(r"entered (\d+)", "\n".join(stats))
        print("recursion:", qemu or "no QEMU", "status", status, "-", entered and entered[1], "times entered")
        good &= status == 0 and entered is not None and int(entered[1]) < 1000
    return good


def main():
    a = guests.parser().parse_args()
    if guests.missing(a):
        return 77
    with tempfile.TemporaryDirectory() as tmp:
        program = build(tmp, "loop", SOURCE)
        traced, lines = run(a, program, TRACE="bridge")
        calls = sum(1 for line in lines if "bridge getppid " in line and " from " in line)
        plain, regions = run(a, program, TRACE="block")
        with open(f"{HERE}/guest/evicted.c", encoding="ascii") as f:
            waiting = build(tmp, "evicted", f.read())
        evicted, lines = run(a, waiting, STATS="1", DYNAREC_CODESIZE="1")
        cold, stats = run(a, build(tmp, "cold", COLD), STATS="1")
        good = linked(a, build(tmp, "fib", FIB))
    faults = re.search(r"shadow_faults (\d+)", "\n".join(stats))
    given_up = [line for line in regions if "nothing to translate" in line]
    print(*given_up, sep="\n")
    print("traced:", calls, "calls, status", traced, "- direct: status", plain, "-", len(given_up), "regions given up")
    print("cold callers: status", cold, "-", faults and faults[1], "faults")
    sums = [line for line in lines if not line.startswith("stats")]
    times = re.search(r"evictions (\d+)", "\n".join(lines))
    print("waiting thread: status", evicted, "-", sums, "-", times and times[1], "evictions")
    bad = evicted != 0 or sums != ["2165040000"] * 2 + ["-8387382635556875480"] or not times or times[1] == "0"
    bad |= not faults or int(faults[1]) > 2 or cold != 0
    return not good or calls != 1000 or traced != 0 or plain != 0 or bool(given_up) or bad


if __name__ == "__main__":
    sys.exit(main())
