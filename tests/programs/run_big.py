#!/usr/bin/env python3
"""Big Debian programs through box64, compared with their native run: compilers, JITs, servers, debuggers, Python's own tests.

    run_big.py --box64 build/x86_64/box64 --tree TREE --libc native|guest [--host HOST --qemu BIN --prefix DIR] [--only NAME,NAME]

big.tbl lists them. Each runs as big/NAME.sh (py_NAME: pytest.bash test_NAME) by the tree's own native bash, once with $B empty and
once with $B = box64; standard output and exit status must be equal. All of it happens in a chroot of TREE (scripts/sysroot programs)
in name spaces of its own: these programs name their files by absolute paths. Box64 for a foreign host runs under QEMU by a private
binfmt_misc.
"""

import argparse
import difflib
import os
import platform
import shutil
import signal
import subprocess
import sys
import time

import cosim
import qemu_limits

HERE = os.path.dirname(os.path.abspath(__file__))
BINFMT = os.path.join(HERE, "..", "..", "scripts", "binfmt-ns")
SKIP = 77


def read_table(host, libc):
    """The cases of big.tbl for this host and libc, and those left out with their reason."""
    cases, left_out = [], []
    with open(os.path.join(HERE, "big.tbl"), encoding="utf-8") as file:
        for line in file:
            words, _, note = line.partition("#")
            words = words.split()
            if not words:
                continue
            name, hosts, libcs, seconds = words
            wanted = (hosts == "*" or host in hosts.split(",")) and (libcs == "*" or libc in libcs.split(","))
            (cases if wanted else left_out).append((name, int(seconds) if wanted else note.strip()))
    return cases, left_out


def enter(options):
    """Runs this script again where the tree can be a root folder, and programs of the host execute by themselves."""
    again = [sys.executable] + sys.argv + ["--inside"]
    if options.qemu:
        os.environ["QEMU_FOLDER"] = os.path.dirname(os.path.abspath(options.qemu))
        os.execv("/bin/bash", ["bash", BINFMT] + again)
    probe = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run(probe + ["true"], stderr=subprocess.DEVNULL, check=False).returncode:
        print("skipped: no user name spaces here")
        sys.exit(SKIP)
    os.execvp(probe[0], probe + again)


def mount_tree(options):
    for source, folder, how in (("/proc", "proc", "--rbind"), ("/dev", "dev", "--rbind"), ("/sys", "sys", "--rbind"),
                                (os.path.dirname(os.path.abspath(options.box64)), "box64", "--bind"), (HERE, "tests", "--bind")):
        subprocess.run(["mount", how, source, os.path.join(options.tree, folder)], check=True)
    if options.prefix:
        subprocess.run(["mount", "--bind", options.prefix, os.path.join(options.tree, "host")], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", os.path.join(options.tree, "tmp")], check=True)


def environment(options, box64):
    env = {"PATH": "/usr/bin:/usr/sbin", "HOME": "/tmp/box64-big", "TMPDIR": "/tmp/box64-big", "LC_ALL": "C.UTF-8", "TZ": "UTC", "B": box64,
           "DATA": "/tests/data", "BIG": "/tests/big", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "SLOW": options.slow,
           "BOX64_LIBC": options.libc, "BOX64_NORCFILES": "1", "BOX64_LOG": "0"}
    if options.cosim:
        env.update(cosim.settings("/tmp/box64-traces", options.cosim))
    for name, value in (("QEMU_LD_PREFIX", "/host" if options.prefix else None), ("QEMU_CPU", options.cpu)):
        if value:
            env[name] = value
    for setting in options.env:
        name, _, value = setting.partition("=")
        env[name] = value
    return env


def in_tree(options, command):
    """Not root: PostgreSQL refuses to be, and others behave differently."""
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--root", options.tree, "/usr/bin/bash", "-c", command]


def run(name, box64, options, timeout):
    home = os.path.join(options.tree, "tmp/box64-big")
    shutil.rmtree(home, ignore_errors=True)
    os.makedirs(home)
    traces = os.path.join(options.tree, "tmp/box64-traces")
    shutil.rmtree(traces, ignore_errors=True)
    os.makedirs(traces)
    os.chmod(traces, 0o777)
    script = name + ".sh"
    if name.startswith("py_"):
        left_out = [cases for module, cases, _ in qemu_limits.rows() if options.qemu and module == name[3:]]
        script = "pytest.bash test_%s %s" % (name[3:], " ".join("-i '%s'" % cases for cases in left_out))
    command = in_tree(options, "cd /tmp/box64-big && . /tests/big/" + script)
    # A file, and not a pipe: a server left behind by a failed script must not keep this waiting.
    with open(os.path.join(options.tree, "tmp/out"), "w+b") as out, open(os.path.join(options.tree, "tmp/err"), "w+b") as err:
        process = subprocess.Popen(command, env=environment(options, box64), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   start_new_session=True)
        try:
            status = process.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            status = "timeout after %d s" % timeout
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        out.seek(0)
        err.seek(0)
        return status, out.read(), err.read()


def show(want, got, options):
    texts = [result[1].decode(errors="replace").splitlines() for result in (want, got)]
    if options.verbose:
        print("\n".join(texts[1]))
    for line in list(difflib.unified_diff(texts[0], texts[1], "native", "box64", n=0, lineterm=""))[:options.show]:
        print("    " + line)
    for label, result in (("native", want), ("box64 ", got)):
        print("    %s: status %s, %d bytes out" % (label, result[0], len(result[1])))
        for line in result[2].decode(errors="replace").splitlines()[-options.show:]:
            print("    %s stderr: %s" % (label, line), flush=True)


def one(name, seconds, options):
    want = run(name, "", options, 300)
    start = time.monotonic()
    got = run(name, "/box64/" + os.path.basename(options.box64), options, seconds * options.factor)
    good = want[:2] == got[:2] and want[1] != b""
    told = ""
    if options.cosim:
        told = cosim.Told(os.path.join(options.tree, "tmp/box64-traces"))
        good = good and told.good(got[0])
    print("%s %s (%d s) %s" % ("ok  " if good else "FAIL", name, time.monotonic() - start, told), flush=True)
    if not good or options.verbose:
        show(want, got, options)
        print(told.text[:4000] if told else "")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--box64", required=True)
    parser.add_argument("--tree", required=True)
    parser.add_argument("--libc", choices=("native", "guest"), required=True)
    parser.add_argument("--host", default=platform.machine())
    parser.add_argument("--qemu", help="QEMU for the host that box64 was built for")
    parser.add_argument("--prefix", help="QEMU's -L")
    parser.add_argument("--cpu", help="QEMU's -cpu")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="for the box64 run and the native one")
    parser.add_argument("--only", help="names, separated by commas; also ones the table leaves out")
    parser.add_argument("--cosim", type=int, metavar="N", help="compare translated code with the interpreter at one entry of N")
    parser.add_argument("--factor", type=int, default=1, help="times the time limits of the table")
    parser.add_argument("--show", type=int, default=20, help="lines of output shown of a failure")
    parser.add_argument("--exec", metavar="COMMAND", help="run this there instead, $B is box64")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.slow = "yes" if options.qemu else ""
    if platform.machine() != "x86_64":
        print("skipped: no x86-64 CPU here to compare with")
        return SKIP
    if not os.path.exists(os.path.join(options.tree, "usr/bin/ls")):
        print("skipped: no tree of programs; run scripts/sysroot programs")
        return SKIP
    if not options.inside:
        enter(options)
    mount_tree(options)
    if options.exec:
        env = environment(options, "/box64/" + os.path.basename(options.box64))
        os.makedirs(os.path.join(options.tree, "tmp/box64-big"))
        return subprocess.run(in_tree(options, "cd /tmp/box64-big; " + options.exec), env=env, check=False).returncode
    cases, left_out = read_table(options.host, options.libc)
    if options.only:
        seconds = dict(cases)
        cases = [(name, seconds.get(name, 900)) for name in options.only.split(",")]
    else:
        for name, note in left_out:
            print("left out %s: %s" % (name, note))
    good = [one(name, seconds, options) for name, seconds in cases]
    print("%d of %d programs equal to the native run (%s, libc %s)" % (sum(good), len(good), options.host, options.libc))
    return 0 if good and all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
