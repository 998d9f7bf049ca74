#!/usr/bin/env python3
"""Real Debian programs of the guest tree through box64, compared with the same program run natively.

    run_programs.py --box64 build/x86_64/box64 --tree TREE --libc native|guest [--qemu BIN --prefix DIR] [--only NAME]

Output (stdout), exit status and, where a case says so, stderr must equal the native run's. Native runs need an x86-64
CPU; elsewhere the run is skipped with that reason (exit status 77).
Foreign hosts: box64 and what it starts run under QEMU by a private binfmt_misc, so that fork and exec simply work.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile

import cosim

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "data")
SKIP = 77

# name, argv (shell words; {data} and {tmp} are known), options: stdin=FILE, keep=REGEX (only lines of stdout that match are
# compared, after digits are replaced by N), heavy (minutes under an interpreter: only with --heavy), sample (long: with --cosim only
# one entry into translated code of so many is compared)
CASES = [
    ("ls", "ls -l --time-style=+%Y {data}"),
    ("ls-missing", "ls /no/such/file", {"stderr": True}),
    ("cat", "cat -n {data}/words.txt"),
    ("sort", "sort -k2,2n -k1,1 {data}/words.txt"),
    ("sort-u", "sort -u -r {data}/words.txt"),
    ("grep", "grep -nE '^[a-m].*(ing|ed)' {data}/words.txt"),
    ("grep-none", "grep -c zzzz {data}/words.txt"),
    ("sed", "sed -E 's/([a-z]+) ([0-9]+)/\\2:\\1/; 5,9d; $!N' {data}/words.txt"),
    ("mawk", "mawk -f {data}/sum.awk {data}/words.txt"),
    ("gawk", "gawk -f {data}/sum.awk {data}/words.txt"),
    ("bash-pipes", "bash {data}/pipes.sh {data}"),
    ("bash-c", "bash -c 'for i in 1 2 3; do echo $((i*i)); done | sort -r | head -n 2; exit 3'"),
    ("gzip", "gzip -9 -n -c {data}/words.txt"),
    ("gzip-d", "bash -c 'gzip -c {data}/words.txt | gzip -d'"),
    ("bzip2", "bzip2 -c {data}/words.txt"),
    ("bzip2-d", "bash -c 'bzip2 -c {data}/words.txt | bzip2 -d'"),
    ("xz", "xz -2 -c {data}/words.txt"),
    ("xz-d", "bash -c 'xz -T2 -c {data}/words.txt | xz -d'"),
    ("7z-b", "7z b -mmt1 -md10", {"keep": r"^(Avr:|Tot:|7-Zip|RAM size)", "heavy": True}),
    ("7z-a", "bash -c '7z a -bso0 -bsp0 {tmp}/a.7z {data}/words.txt && 7z l -slt {tmp}/a.7z | grep -E ^CRC'"),
    ("sqlite3", "sqlite3 :memory:", {"stdin": "query.sql"}),
    ("lua", "lua {data}/script.lua"),
    ("perl", "perl {data}/script.pl {data}/words.txt"),
    ("python3", "python3 {data}/script.py {data}/words.txt", {"sample": 3}),
    ("python3-exit", "python3 -c 'import sys; print(sys.maxsize); sys.exit(7)'"),
    ("python3-error", "python3 -c 'undefined_name'", {"stderr": True}),
    ("openssl-dgst", "openssl dgst -sha256 -r {data}/words.txt"),
    ("openssl-sha512", "openssl dgst -sha512 -hmac key {data}/words.txt"),
    ("openssl-enc", "openssl enc -aes-256-cbc -K 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
                    " -iv 0102030405060708090a0b0c0d0e0f10 -in {data}/words.txt"),
    ("openssl-gcm", "openssl enc -chacha20 -K 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
                    " -iv 0102030405060708090a0b0c0d0e0f10 -in {data}/words.txt"),
    ("busybox", "busybox sh -c 'busybox seq 1 20 | busybox awk \"{s+=\\$1} END {print s}\"; busybox md5sum {data}/words.txt'"),
    ("busybox-false", "busybox false"),
    ("gron", "gron {data}/sample.json"),
    ("env", "env -u HOME A=1 B=two bash -c 'echo $A $B; kill -TERM $$'"),
    ("true", "true"),
]


class Native:
    """Runs the tree's programs on this CPU: statically linked ones directly, the others by the tree's own ld.so."""

    def __init__(self, tree):
        self.tree = tree
        self.libraries = f"{tree}/usr/lib/x86_64-linux-gnu:{tree}/usr/lib"

    def command(self, words):
        program = os.path.join(self.tree, "usr/bin", words[0])
        if is_static(program):
            return [program] + words[1:]
        loader = os.path.join(self.tree, "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
        if not os.path.exists(loader):
            loader = os.path.join(self.tree, "usr/lib64/ld-linux-x86-64.so.2")
        return [loader, "--library-path", self.libraries, "--argv0", words[0], program] + words[1:]


def is_static(program):
    with open(program, "rb") as file:
        return b"/lib64/ld-linux" not in file.read(4096)


class Emulated:
    def __init__(self, options):
        self.box64 = os.path.abspath(options.box64)

    def command(self, words):
        return [self.box64] + words


def environment(options, home):
    tree = options.tree
    lib = f"{tree}/usr/lib/x86_64-linux-gnu"
    perl = [f"{lib}/perl-base"] + [os.path.join(base, d) for base in (f"{lib}/perl", f"{tree}/usr/share/perl")
                                   if os.path.isdir(base) for d in sorted(os.listdir(base)) if d.startswith("5.")]
    env = {
        "PATH": f"{tree}/usr/bin", "HOME": home, "TMPDIR": home, "LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "0",
        "PYTHONHOME": f"{tree}/usr", "PERL5LIB": ":".join(perl), "PERL_HASH_SEED": "0", "PYTHONDONTWRITEBYTECODE": "1",
        "BOX64_LD_LIBRARY_PATH": f"{lib}:{tree}/usr/lib", "BOX64_LIBC": options.libc, "BOX64_NORCFILES": "1",
        "BOX64_PATH": f"{tree}/usr/bin", "OPENSSL_CONF": "/dev/null", "BOX64_LOG": "0",
    }
    if options.prefix:
        env["QEMU_LD_PREFIX"] = options.prefix
    if options.cpu:
        env["QEMU_CPU"] = options.cpu
    env.update((k, v) for k, v in os.environ.items() if k.startswith("BOX64_DYNAREC"))
    return env


def run(command, env, stdin, timeout):
    try:
        with open(stdin, "rb") if stdin else open(os.devnull, "rb") as source:
            done = subprocess.run(command, stdin=source, capture_output=True, env=env, cwd=env["HOME"],
                                  timeout=timeout, check=False)
        return done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        return "timeout", late.stdout or b"", late.stderr or b""


def comparable(result, extra):
    status, out, err = result
    if "keep" in extra:
        lines = [line for line in out.decode(errors="replace").splitlines() if re.search(extra["keep"], line)]
        out = re.sub(r"\s+", " ", re.sub(r"\d+", "N", "\n".join(line.split("(")[0] for line in lines))).encode()
    return (status, out, err if extra.get("stderr") else b"")


def show(label, result):
    status, out, err = result
    print(f"    {label}: status {status}, {len(out)} bytes out: {out[-300:]!r}")
    if err:
        print(f"    {label} stderr: {err[-600:].decode(errors='replace')}")


def one_case(case, native, emulated, options):
    name, text = case[0], case[1]
    extra = case[2] if len(case) > 2 else {}
    results, told = [], None
    for runner, timeout in ((native, 60), (emulated, options.timeout)):
        with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as traces:
            # Both runs must see the same paths, or outputs that name them would differ.
            words = [w.replace("{data}", DATA).replace("{tmp}", home) for w in shlex.split(text)]
            stdin = os.path.join(DATA, extra["stdin"]) if "stdin" in extra else None
            env = environment(options, home)
            if options.cosim:
                env.update(cosim.settings(traces, extra.get("sample", 1)))
            result = run(runner.command(words), env, stdin, timeout)
            if options.cosim and runner is emulated:
                told = cosim.Told(traces)
            results.append(tuple(part.replace(home.encode(), b"HOME") if isinstance(part, bytes) else part
                                 for part in result))
    good = comparable(results[0], extra) == comparable(results[1], extra)
    if told:
        good = good and told.good(results[1][0])
    print(f"{'ok  ' if good else 'FAIL'} {name}{f': {told}' if told else ''}", flush=True)
    if not good:
        show("native", results[0])
        show("box64 ", results[1])
        print(told.text[:4000] if told else "")
    return good


def is_heavy(case):
    return len(case) > 2 and "heavy" in case[2]


def enter_binfmt(options):
    """Runs this script again where programs of the host execute by themselves."""
    folder = os.path.dirname(os.path.abspath(options.qemu))
    os.environ["QEMU_FOLDER"] = folder
    os.execv("/bin/bash", ["bash", os.path.join(HERE, "..", "..", "scripts", "binfmt-ns"), sys.executable] + sys.argv
             + ["--inside"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--box64", required=True)
    parser.add_argument("--tree", required=True)
    parser.add_argument("--libc", choices=("native", "guest"), required=True)
    parser.add_argument("--qemu", help="QEMU for the host that box64 was built for")
    parser.add_argument("--prefix", help="QEMU's -L")
    parser.add_argument("--cpu", help="QEMU's -cpu")
    parser.add_argument("--only", help="names, separated by commas")
    parser.add_argument("--timeout", type=int, default=600)
    parser.add_argument("--heavy", action="store_true", help="also the cases that take minutes")
    parser.add_argument("--cosim", action="store_true", help="compare translated code with the interpreter on the way")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if os.uname().machine != "x86_64":
        print("skipped: no x86-64 CPU here to compare with")
        return SKIP
    if not os.path.exists(os.path.join(options.tree, "usr/bin/ls")):
        print("skipped: no guest tree; run scripts/setup")
        return SKIP
    if options.qemu and not options.inside:
        enter_binfmt(options)
    native, emulated = Native(options.tree), Emulated(options)
    cases = [c for c in CASES if not options.only or c[0] in options.only.split(",")]
    for case in [c for c in cases if is_heavy(c) and not options.heavy]:
        print(f"left out {case[0]}: takes minutes, see --heavy")
        cases.remove(case)
    good = [one_case(case, native, emulated, options) for case in cases]
    print(f"{sum(good)} of {len(good)} programs equal to the native run (libc {options.libc})")
    return 0 if good and all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
