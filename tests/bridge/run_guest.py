"""run_guest.py BOX64 FOLDER NAME [--run WORDS] - one guest program, natively and through box64: stdout, stderr and exit status must be
equal. On a foreign host, or without an x86-64 CPU, --run is the QEMU command line and the result recorded beside the source judges.
"""
import os
import platform
import subprocess
import sys

SKIP = 77


def run(argv):
    # What malloc gives is never zero by luck: a wrapper that reads what the native library did not set fails every time.
    env = dict(os.environ, MALLOC_PERTURB_="165")
    done = subprocess.run(argv, env=env, capture_output=True, timeout=240, stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout, done.stderr


def main():
    box64, folder, name = sys.argv[1:4]
    runner = sys.argv[5:] if len(sys.argv) > 4 and sys.argv[4] == "--run" else []
    program = os.path.join(folder, name)
    if platform.machine() != "x86_64":
        print("no x86-64 CPU to judge by")
        return SKIP
    want = run([program])
    got = run(runner + [box64, program])
    for what, a, b in zip(("status", "stdout", "stderr"), want, got):
        if a != b:
            print("%s: native %r\nbox64 %r" % (what, a, b))
    return want != got


sys.exit(main())
