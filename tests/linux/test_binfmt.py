#!/usr/bin/env python3
"""scripts/binfmt: its rule takes x86-64 programs and nothing else; registering, where the kernel lets us in a name space of our own."""

import os
import re
import struct
import subprocess
import sys
import tempfile

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SCRIPT = os.path.join(TOP, "scripts", "binfmt")
failures = []


def check(good, what):
    if not good:
        failures.append(what)
        print("failed: " + what)


def script(*args, **env):
    return subprocess.run([SCRIPT] + list(args), capture_output=True, text=True, env=dict(os.environ, **env), check=False)


def octets(text):
    return bytes.fromhex(re.sub(r"\\x(..)|(.)", lambda m: m.group(1) or "%02x" % ord(m.group(2)), text))


def header(machine, kind, bits=2, order=1, abi=0):
    return struct.pack("<4sBBBB8xHH", b"\x7fELF", bits, order, 1, abi, kind, machine)


def rule_matches():
    line = script("print", "/bin/sh").stdout
    _, name, how, offset, magic, mask, interpreter, flags = line.rstrip("\n").split(":")
    check((name, how, offset, flags) == ("box64", "M", "", "F") and interpreter == os.path.realpath("/bin/sh"), "fields of " + line)
    magic, mask = octets(magic), octets(mask)
    check(len(magic) == len(mask) == 20, "lengths")

    def takes(head):
        return all(m & k == h & k for m, k, h in zip(magic, mask, head))
    for kind in (2, 3):
        check(takes(header(62, kind)) and takes(header(62, kind, abi=3)), "takes x86-64, type %d" % kind)
    for wrong in (header(183, 2), header(243, 3), header(62, 1), header(62, 2, bits=1), header(62, 2, order=2), header(3, 2)):
        check(not takes(wrong), "leaves " + wrong.hex())
    check(script("print", "/no/such/box64").returncode == 1, "a missing box64 is refused")


def fake_kernel():
    """What is written to register; on an x86-64 machine only when it is told that it is another."""
    with tempfile.TemporaryDirectory() as misc:
        open(os.path.join(misc, "register"), "w", encoding="utf-8").close()
        done = script("register", "/bin/sh", BINFMT_MISC=misc, BINFMT_HOST="aarch64")
        with open(os.path.join(misc, "register"), encoding="utf-8") as file:
            written = file.read()
        check(done.returncode == 0 and written + "\n" == script("print", "/bin/sh").stdout, "register writes the rule")
        check(script("status", BINFMT_MISC=misc).returncode == 1, "status without")
        with open(os.path.join(misc, "box64"), "w", encoding="utf-8") as file:
            file.write("enabled\ninterpreter /usr/bin/box64\nflags: F\n")
        check(script("status", BINFMT_MISC=misc).stdout == "/usr/bin/box64\n", "status with")
        check(script("unregister", BINFMT_MISC=misc).returncode == 0, "unregister")
        with open(os.path.join(misc, "box64"), encoding="utf-8") as file:
            check(file.read() == "-1\n", "unregister writes -1")
        check(script("register", "/bin/sh", BINFMT_MISC=misc, BINFMT_HOST="x86_64").returncode == 1, "x86-64 machines refuse")


def real_kernel():
    """The kernel takes the rule, in a user name space (6.7 or newer)."""
    # With this rule in force an x86-64 machine starts no program any more: builtins only.
    inside = ("rule=$('%s' print /bin/sh); misc=/proc/sys/fs/binfmt_misc; mount -t binfmt_misc none $misc;"
              " printf %%s \"$rule\" >$misc/register;"
              " while read -r line; do echo \"$line\"; done <$misc/box64; echo -1 >$misc/box64" % SCRIPT)
    probe = ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c"]
    if subprocess.run(probe + ["mount -t binfmt_misc none /proc/sys/fs/binfmt_misc"], capture_output=True, check=False).returncode:
        print("no binfmt_misc of our own here; the kernel was not asked")
        return
    done = subprocess.run(probe + [inside], capture_output=True, text=True, check=False)
    check("interpreter " + os.path.realpath("/bin/sh") in done.stdout and "magic 7f454c46020101000000000000000000" in done.stdout,
          "the kernel takes the rule: " + done.stdout + done.stderr)


rule_matches()
fake_kernel()
real_kernel()
print("%d failures" % len(failures))
sys.exit(1 if failures else 0)
