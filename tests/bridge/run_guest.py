"""run_guest.py BOX64 FOLDER NAME [--repeat N] [--run WORDS] - one guest program, natively and N times through box64: stdout, stderr
and exit status must be equal. On a foreign host --run is the QEMU command line; programs then see UNDER_QEMU in their environment.
"""
import os
import platform
import subprocess
import sys

SKIP = 77


def run(argv, more):
    # What malloc gives is never zero by luck: a wrapper that reads what the native library did not set fails every time.
    env = dict(os.environ, MALLOC_PERTURB_="165", **more)
    done = subprocess.run(argv, env=env, capture_output=True, timeout=240, stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout, done.stderr


def main():
    box64, folder, name, *rest = sys.argv[1:]
    repeat = int(rest[1]) if rest[:1] == ["--repeat"] else 1
    runner = rest[rest.index("--run") + 1:] if "--run" in rest else []
    more = {"UNDER_QEMU": "1"} if runner else {}
    program = os.path.join(folder, name)
    if platform.machine() != "x86_64":
        print("no x86-64 CPU to judge by")
        return SKIP
    want = run([program], more)
    bad = 0
    for _ in range(repeat):
        got = run(runner + [box64, program], more)
        for what, a, b in zip(("status", "stdout", "stderr"), want, got):
            if a != b:
                print("%s: native %r\nbox64 %r" % (what, a, b))
        bad += want != got
    print("%d of %d runs as the native one" % (repeat - bad, repeat))
    return bad != 0


sys.exit(main())
