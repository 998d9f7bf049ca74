#!/usr/bin/env python3
"""Builds guest/NAME.c with the x86-64 compiler, runs it under box64 with the given options, and
compares with guest/NAME.expect (what a CPU prints). Exit status 77: no compiler or no tree."""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("name")
    p.add_argument("options", nargs="*", help="NAME=VALUE")
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
    with open(f"{HERE}/guest/{a.name}.expect") as f:
        want = f.read()
    emulator = [a.qemu, "-cpu", a.cpu, "-L", a.prefix] if a.qemu else []
    env = {"PATH": os.environ["PATH"], "BOX64_NOBANNER": "1", "LC_ALL": "C",
           "BOX64_LD_LIBRARY_PATH": f"{a.tree}/usr/lib/x86_64-linux-gnu"}
    env.update(o.split("=", 1) for o in a.options)
    bad = 0
    with tempfile.TemporaryDirectory() as tmp:
        for level in ("-O0", "-O2"):
            program = f"{tmp}/guest{level}"
            subprocess.run([compiler, level, f"{HERE}/guest/{a.name}.c", "-o", program, "-lm"], check=True)
            r = subprocess.run(emulator + [a.box64, program], env=env, stdout=subprocess.PIPE, timeout=200)
            if r.returncode or r.stdout.decode() != want:
                bad += 1
                print(a.name, level, "status", r.returncode, "prints")
                print(r.stdout.decode())
    print("same" if not bad else f"{bad} differ")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
