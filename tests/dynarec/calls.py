#!/usr/bin/env python3
"""Calls in translated code. BOX64_TRACE=bridge names every library call of a hot loop; without it translated code makes
them itself (no region ends at the bridge). Hot functions that the interpreter calls return without a fault of the stack
of return addresses. A thread that waits in a library call keeps no code memory from being used again.
Exit status 77: no compiler or no tree."""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

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


def build(compiler, tmp, name, source):
    program = f"{tmp}/{name}"
    subprocess.run([compiler, "-O1", "-fwrapv", "-w", "-x", "c", "-", "-o", program, "-lpthread"],
                   input=source.encode(), check=True)
    return program


def run(a, program, *options):
    emulator = [a.qemu, "-cpu", a.cpu, "-L", a.prefix] if a.qemu else []
    env = {"PATH": os.environ["PATH"], "BOX64_NOBANNER": "1", "BOX64_DYNAREC": "1",
           "BOX64_LD_LIBRARY_PATH": f"{a.tree}/usr/lib/x86_64-linux-gnu"}
    env.update(o.split("=", 1) for o in options)
    r = subprocess.run(emulator + [a.box64, program], env=env, capture_output=True, timeout=150, check=False)
    return r.returncode, (r.stdout + r.stderr).decode().splitlines()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--box64", required=True)
    p.add_argument("--tree", required=True)
    p.add_argument("--qemu")
    p.add_argument("--prefix")
    p.add_argument("--cpu", default="max")
    a = p.parse_args()
    compiler = "gcc" if os.uname().machine == "x86_64" else "x86_64-linux-gnu-gcc"
    if not shutil.which(compiler) or not os.path.isdir(a.tree):
        print("no", compiler, "or no", a.tree)
        return 77
    with tempfile.TemporaryDirectory() as tmp:
        program = build(compiler, tmp, "loop", SOURCE)
        traced, lines = run(a, program, "BOX64_TRACE=bridge")
        calls = sum(1 for line in lines if "bridge getppid " in line and " from " in line)
        plain, regions = run(a, program, "BOX64_TRACE=block")
        with open(f"{HERE}/guest/evicted.c", encoding="ascii") as f:
            waiting = build(compiler, tmp, "evicted", f.read())
        evicted, lines = run(a, waiting, "BOX64_STATS=1", "BOX64_DYNAREC_CODESIZE=1")
        cold, stats = run(a, build(compiler, tmp, "cold", COLD), "BOX64_STATS=1")
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
    return calls != 1000 or traced != 0 or plain != 0 or bool(given_up) or bad


if __name__ == "__main__":
    sys.exit(main())
