"""run_natives.py BOX64 PROGRAM SONAME FUNCTION [--guest DIR] [--libs DIR] [--old CC] [--run WORDS] - a guest program that uses an
optional library (one that the host may lack): natively, then through box64 with the host's library, with the guest's own by option, and
with the guest's own because the host's is not there, is too old, or is older than the program (it has what the .sigs file asks for, but
not all that the program calls). Output must always be equal, and FUNCTION must have been
called across the bridge exactly where the host's library was to be taken.

--libs: a tree (QEMU's -L) that has the host's libraries; --guest: the guest's libraries, for --old, where one without
symbols is found first.
"""
import argparse
import glob
import os
import platform
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import under_qemu  # noqa: E402

SKIP = 77


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("box64")
    p.add_argument("program")
    p.add_argument("soname")
    p.add_argument("function")
    p.add_argument("--guest")
    p.add_argument("--libs")
    p.add_argument("--old")
    p.add_argument("--run", nargs=argparse.REMAINDER, default=[])
    return p.parse_args()


def run(argv, more, folder=None):
    env = dict(os.environ, MALLOC_PERTURB_="165", **more)
    trace = os.path.join(folder, "trace") if folder else None
    if trace:
        env.update(BOX64_TRACE="bridge", BOX64_TRACE_FILE=trace)

    def once():
        p = subprocess.run(argv, env=env, capture_output=True, check=False, timeout=280, stdin=subprocess.DEVNULL)
        return p.returncode, p.stdout, p.stderr

    result, calls = under_qemu.survived(once), b""
    if trace and os.path.exists(trace):
        with open(trace, "rb") as f:
            calls = f.read()
        os.unlink(trace)
    return result, calls


def needs(soname):
    """The symbols without which the .sigs file calls the host's library too old."""
    for path in glob.glob(os.path.join(HERE, "..", "..", "wrappers", "*", "*.sigs")):
        with open(path, encoding="ascii") as f:
            words = {line.split()[0]: line.split()[1:] for line in f if line.startswith(("lib ", "optional "))}
        if soname in words["lib"]:
            return words["optional"]
    raise SystemExit("no .sigs file has an optional " + soname)


def stub(args, folder, symbols):
    """A library of that name with nothing but these functions, for the host to find."""
    text = "".join("int %s(void) { return 0; }\n" % name for name in symbols)
    for name in (args.soname, args.soname.rpartition(".")[0]): # libbz2.so.1.0 goes by libbz2.so.1 too
        made = [args.old, "-shared", "-fPIC", "-w", "-o", os.path.join(folder, name), "-Wl,-soname," + name, "-x", "c", "-"]
        subprocess.run(made, input=text.encode(), check=True)


def ways(args, folder):
    """(name, environment, whether the host's library is to be taken)."""
    if args.run:
        yield "absent", {}, False
        if not args.libs or not os.path.isdir(args.libs):
            print(under_qemu.prefix() + "the host's %s (scripts/setup brings it)" % args.soname)
            return
        args.run[args.run.index("-L") + 1] = args.libs
    yield "native", {}, True
    yield "emulated", {"BOX64_EMULATED_LIBS": "libother.so.1:" + args.soname}, False
    yield "preferred", {"BOX64_PREFER_EMULATED": "1"}, False
    yield "guest", {"BOX64_LIBC": "guest"}, False
    if args.old and args.guest:
        stub(args, folder, [])
        yield "old", {"LD_LIBRARY_PATH": folder, "BOX64_LD_LIBRARY_PATH": args.guest}, False
        stub(args, folder, needs(args.soname))
        yield "older", {"LD_LIBRARY_PATH": folder, "BOX64_LD_LIBRARY_PATH": args.guest}, False


def main():
    args = arguments()
    if platform.machine() != "x86_64":
        print("no x86-64 CPU to judge by")
        return SKIP
    want, _ = run([args.program], {})
    bad = want[0] != 0
    with tempfile.TemporaryDirectory() as folder:
        for name, env, native in ways(args, folder):
            got, calls = run(args.run + [args.box64, args.program], env, folder)
            for what, a, b in zip(("status", "stdout", "stderr"), want, got):
                if a != b:
                    print("%s: %s: native %r\nbox64 %r" % (name, what, a, b))
            across = b"bridge %s " % args.function.encode() in calls
            if across != native:
                print("%s: the library was the %s" % (name, "host's" if across else "guest's"))
            bad += got != want or across != native
            print("%s: %s" % (name, "ok" if got == want and across == native else "FAILED"))
    return bad != 0


sys.exit(main())
