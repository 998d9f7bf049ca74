#!/usr/bin/env python3
"""Builds guest/NAME.c with the x86-64 compiler, runs it under box64 with the given options, and
compares with guest/NAME.expect (what a CPU prints). Exit status 77: no compiler or no tree."""
import os
import subprocess
import sys
import tempfile

import guests

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    p = guests.parser()
    p.add_argument("name")
    p.add_argument("options", nargs="*", help="BOX64_NAME=VALUE")
    a = p.parse_args()
    if guests.missing(a):
        return 77
    with open(f"{HERE}/guest/{a.name}.expect") as f:
        want = f.read()
    settings = dict(o.removeprefix("BOX64_").split("=", 1) for o in a.options)
    bad = 0
    with tempfile.TemporaryDirectory() as tmp:
        for level in ("-O0", "-O2"):
            program = f"{tmp}/guest{level}"
            subprocess.run([guests.COMPILER, level, f"{HERE}/guest/{a.name}.c", "-o", program, "-lm"], check=True)
            r = guests.run(a, [program], {"NOBANNER": "1", **settings}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=450)
            said = r.stderr.decode(errors="replace")
            if r.returncode or r.stdout.decode() != want:
                bad += 1
                print(a.name, level, "status", r.returncode, "prints")
                print(r.stdout.decode(), said)
            elif "DYNAREC_TEST" in settings and " instructions compared, 0 could not be, 0 differences" not in said:
                bad += 1
                print(a.name, level, said)
    print("same" if not bad else f"{bad} differ")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
