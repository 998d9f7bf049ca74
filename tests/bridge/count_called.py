"""count_called.py LEAST BOX64 PROGRAM... - how many different functions of wrapped libraries these guest programs call, from their traces;
less than LEAST is a failure. The programs' results are judged by their own tests (run_guest.py).
"""
import os
import re
import subprocess
import sys
import tempfile


def called(box64, program, trace):
    env = dict(os.environ, BOX64_TRACE="bridge", BOX64_TRACE_FILE=trace)
    subprocess.run([box64, program], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=240,
                   check=False)
    with open(trace, errors="replace", encoding="utf-8") as f:
        return set(re.findall(r"bridge (\w+) [^=(]", f.read()))


def main():
    least, box64 = int(sys.argv[1]), sys.argv[2]
    names = set()
    with tempfile.TemporaryDirectory() as folder:
        for program in sys.argv[3:]:
            mine = called(box64, program, os.path.join(folder, os.path.basename(program)))
            print("%-24s %4d functions, %4d that none before it calls" % (os.path.basename(program), len(mine), len(mine - names)))
            names |= mine
    print("%d functions called" % len(names))
    return len(names) < least


sys.exit(main())
