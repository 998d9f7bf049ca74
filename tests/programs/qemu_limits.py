#!/usr/bin/env python3
"""Proves every row of qemu.tbl: its C program, built for the host and run by itself under QEMU, still differs from its run on this machine.

    qemu_limits.py --qemu BIN --prefix DIR --cpu CPU --host-cc CC --native-cc CC

Each qemu/NAME.c is built by both compilers: for the host that QEMU emulates, and for this machine.
"""

import argparse
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def rows():
    """(module, pattern of cases, proof) of each row."""
    with open(os.path.join(HERE, "qemu.tbl"), encoding="utf-8") as file:
        lines = [line.partition("#")[0].split() for line in file]
    return [tuple(words) for words in lines if words]


def answer(proof, compiler, folder, before):
    """What the proof does when compiler built it and the words of before start it: exit status and output."""
    program = os.path.join(folder, proof + "." + os.path.basename(compiler))
    subprocess.run([compiler, "-O2", "-pthread", "-o", program, os.path.join(HERE, "qemu", proof + ".c")], check=True)
    done = subprocess.run(before + [program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300, check=False)
    return done.returncode, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("qemu", "prefix", "cpu", "host-cc", "native-cc"):
        parser.add_argument("--" + name, required=True)
    options = parser.parse_args()
    possible = 0
    with tempfile.TemporaryDirectory() as folder:
        for proof in sorted({proof for _, _, proof in rows()}):
            native = answer(proof, options.native_cc, folder, [])
            emulated = answer(proof, options.host_cc, folder, [options.qemu, "-cpu", options.cpu, "-L", options.prefix])
            print("%s: status %d and %d bytes here, status %d and %d bytes under QEMU" %
                  (proof, native[0], len(native[1]), emulated[0], len(emulated[1])))
            if native == emulated:
                print("FAIL %s: QEMU does it now: delete its rows in qemu.tbl" % proof)
                possible += 1
    return 1 if possible else 0


if __name__ == "__main__":
    sys.exit(main())
