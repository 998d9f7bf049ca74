#!/usr/bin/env python3
"""Programs installed on this x86-64 machine through box64, compared with their native run: compilers, JITs, servers, job control.

    run_machine.py --box64 build/x86_64/box64 --libc native|guest [--only NAME,NAME]

Each machine/NAME.sh is run by the machine's bash in an empty folder, once with $B empty and once with $B = box64; standard output and
exit status must be equal. Its first line says which programs it needs; without them it is left out with that reason.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MACHINE = os.path.join(HERE, "machine")
SKIP = 77


def missing(script):
    with open(script, encoding="utf-8") as file:
        needs = file.readline().split(":", 1)[1].split()
    return [program for program in needs if not os.access(program, os.X_OK)]


def run(script, box64, libc, timeout):
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": "/usr/bin:/bin", "HOME": home, "TMPDIR": home, "LC_ALL": "C", "TZ": "UTC", "B": box64,
               "DATA": os.path.join(HERE, "data"), "MACHINE": MACHINE, "BOX64_LIBC": libc, "BOX64_NORCFILES": "1", "BOX64_LOG": "0"}
        process = subprocess.Popen(["bash", script], env=env, cwd=home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True)
        try:
            out, err = process.communicate(timeout=timeout)
            status = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            out, err = process.communicate()
            status = "timeout"
        return status, out.replace(home.encode(), b"HOME"), err


def one(name, options):
    script = os.path.join(MACHINE, name + ".sh")
    want = run(script, "", options.libc, options.timeout)
    got = run(script, os.path.abspath(options.box64), options.libc, options.timeout)
    good = want[:2] == got[:2]
    print("%s %s" % ("ok  " if good else "FAIL", name), flush=True)
    if not good:
        for label, result in (("native", want), ("box64 ", got)):
            print("    %s: status %s\n%s\n%s" % (label, result[0], result[1].decode(errors="replace")[-800:],
                                                result[2].decode(errors="replace")[-600:]))
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--box64", required=True)
    parser.add_argument("--libc", choices=("native", "guest"), required=True)
    parser.add_argument("--only")
    parser.add_argument("--timeout", type=int, default=300)
    options = parser.parse_args()
    if platform.machine() != "x86_64":
        print("skipped: this machine's programs are not x86-64")
        return SKIP
    names = sorted(f[:-3] for f in os.listdir(MACHINE) if f.endswith(".sh"))
    good = []
    for name in names:
        if options.only and name not in options.only.split(","):
            continue
        absent = missing(os.path.join(MACHINE, name + ".sh"))
        if absent:
            print("left out %s: no %s here" % (name, " ".join(absent)))
            continue
        good.append(one(name, options))
    print("%d of %d programs equal to the native run (libc %s)" % (sum(good), len(good), options.libc))
    if not good:
        return SKIP
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
