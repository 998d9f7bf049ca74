#!/usr/bin/env python3
"""An x86-64 test program through box64 and natively: output and exit status must be equal, and the status 0.

    run_guest.py --box64 BOX64 --program FILE [--libc native|guest] [--repeat N] [--strace PATTERN]... [--qemu BIN --prefix DIR --cpu NAME]

Without an x86-64 CPU the program's own verdict (exit status 0) decides alone. --strace: with BOX64_STRACE=1 a line must match
each pattern. Foreign hosts run inside scripts/binfmt-ns, so that fork and exec work. Exit status 77: skipped.
"""

import argparse
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import under_qemu  # noqa: E402

SKIP = 77
LIBC = "guest"


def run(command, extra, timeout):
    env = dict(os.environ, LC_ALL="C", TZ="UTC", BOX64_NORCFILES="1", BOX64_LIBC=LIBC, **extra)
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=env, timeout=timeout, check=False)
        return done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        return "timeout", late.stdout or b"", late.stderr or b""


def compare(native, emulated, known):
    """True when equal; `known` names the lines in which QEMU itself differs."""
    def cut(output):
        return [line for line in output.splitlines() if not any(re.search(k, line) for k in known)]

    if emulated[0] == 0 and (native is None or (native[0] == 0 and cut(native[1]) == cut(emulated[1]))):
        return True
    for label, result in (("native", native), ("box64 ", emulated)):
        if result:
            print(f"{label}: status {result[0]}\n{result[1].decode(errors='replace')}{result[2].decode(errors='replace')}")
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--box64", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--libc", choices=("native", "guest"), default="guest")
    parser.add_argument("--strace", action="append", default=[])
    parser.add_argument("--qemu")
    parser.add_argument("--prefix")
    parser.add_argument("--cpu")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    global LIBC
    LIBC = options.libc
    if not os.path.exists(options.program):
        print("skipped: no x86-64 compiler built the guest programs")
        return SKIP
    if options.qemu and not options.inside:
        os.environ["QEMU_FOLDER"] = os.path.dirname(os.path.abspath(options.qemu))
        os.execv("/bin/bash", ["bash", os.path.join(HERE, "..", "..", "scripts", "binfmt-ns"), sys.executable] + sys.argv + ["--inside"])
    extra = {"UNDER_QEMU": "1"} if options.qemu else {}
    if options.prefix:
        extra["QEMU_LD_PREFIX"] = options.prefix
    if options.cpu:
        extra["QEMU_CPU"] = options.cpu
    native = run([options.program], dict(extra), 60) if os.uname().machine == "x86_64" else None
    known = [rb"vfork shares memory"] if options.qemu else []  # QEMU makes forks of them
    if native:
        under_qemu.print_left_out(native[1])
    good = 0
    for _ in range(options.repeat):
        good += compare(native, under_qemu.survived(lambda: run([options.box64, options.program], extra, 600)), known)
    print(f"{good} of {options.repeat} runs as they should be")
    if options.strace:
        lines = under_qemu.survived(lambda: run([options.box64, options.program], dict(extra, BOX64_STRACE="1"), 600))[2]
        lines = lines.decode(errors="replace").splitlines()
        for pattern in options.strace:
            if not any(re.search(pattern, line) for line in lines):
                print(f"no strace line matches {pattern}")
                good = -1
    return 0 if good == options.repeat else 1


if __name__ == "__main__":
    sys.exit(main())
