"""test_cli.py - the box64 command as a user meets it: bad input, wrong use, and its own options.

    test_cli.py GROUP --box64 BOX64 [--runner=WORD]...

A GROUP is a function test_GROUP below; --runner are the words of a command that runs BOX64. Each
test checks the message and the exit status. The guest programs are made here (elfs.py), so the same
tests run on every host, without a compiler or the guest tree.
"""
import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile

import elfs

RUN = []  # the command that is box64
FAILED = []
TIMEOUT = 300


class Case:
    """What one run gave; each method checks one thing about it and returns the case."""

    def __init__(self, name, status, out, err):
        self.name, self.got, self.out, self.err = name, status, out, err

    def fail(self, what):
        FAILED.append(self.name)
        print(f"FAIL {self.name}: {what}\n  status {self.got}\n  stdout: {self.out[-1500:]}\n"
              f"  stderr: {self.err[-1500:]}")
        return self

    def status(self, want):
        return self if self.got == want else self.fail(f"exit status is not {want}")

    def says(self, pattern):
        return self if re.search(pattern, self.err, re.M) else self.fail(f"stderr lacks /{pattern}/")

    def prints(self, pattern):
        return self if re.search(pattern, self.out, re.M) else self.fail(f"stdout lacks /{pattern}/")

    def lines(self, low, high):
        n = len(self.err.splitlines())
        return self if low <= n <= high else self.fail(f"{n} lines of stderr, not {low} to {high}")


def run(name, *args, **env):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("BOX64_")}
    if "BOX64_RCFILE" not in env:
        env["BOX64_NORCFILES"] = "1"
    done = subprocess.run(RUN + list(args), stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT,
                          env=dict(clean, LC_ALL="C", **env), check=False)
    # QEMU tells of signals that end a program.
    err = re.sub(r"^qemu: uncaught target signal .*\n", "", done.stderr.decode(errors="replace"), flags=re.M)
    return Case(name, done.returncode, done.stdout.decode(errors="replace"), err)


def put(name, data, mode=0o755):
    with open(name, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    os.chmod(name, mode)
    return "./" + name


def test_runs():
    run("exit status", "./good", "a", "b").status(42).lines(0, 0)
    run("end of options", "--", "./good").status(42)
    run("option", "--log=1", "./good").status(42)
    run("in PATH", "good", PATH=os.getcwd()).status(42)
    run("in BOX64_PATH", "good", BOX64_PATH=os.getcwd()).status(42)


def test_not_ours():
    data = elfs.static_program(elfs.EXIT_42)
    run("not ELF", put("text", "hello\n")).status(126).says(r"^box64: \./text: not an ELF file$").lines(1, 1)
    run("empty", put("empty", b"")).status(126).says(r"^box64: \./empty: not an ELF file$").lines(1, 1)
    other = put("other", elfs.static_program(elfs.EXIT_0, elfs.EM_AARCH64))
    run("wrong machine", other).status(126).says(r"^box64: \./other: .*(aarch64|this host), not x86-64$").lines(1, 1)
    for name, machine in (("i386", elfs.EM_386), ("arm32", elfs.EM_ARM), ("x32", elfs.EM_X86_64)):
        run(name, put(name, elfs.program32(machine))).status(126).says(rf"^box64: \./{name}: 32-bit ELF file; .*x86-64").lines(1, 1)
    for size in (10, 63, 100, len(data) - 1):
        run(f"truncated at {size}", put("cut", data[:size])).status(126).says(
            r"^box64: \./cut: truncated ELF file$").lines(1, 1)
    damaged = bytearray(data)
    damaged[64 + 32:64 + 40] = b"\xff" * 8  # p_filesz
    run("corrupt", put("corrupt", bytes(damaged))).status(126).says(r"^box64: \./corrupt: (truncated|corrupt)").lines(1, 1)
    run("not executable", put("plain", data, 0o644)).status(126).says(r"^box64: \./plain: Permission denied$").lines(1, 1)
    os.mkdir("folder")
    run("folder", "./folder").status(126).says(r"^box64: \./folder: Is a directory$").lines(1, 1)
    run("script without its interpreter", put("script", "#!/no/such/interpreter\n")).status(126).says(
        r"^box64: \./script: ").lines(1, 1)


def test_not_found():
    run("no such file", "./no-such").status(127).says(r"^box64: \./no-such: [Nn]o such file").lines(1, 1)
    run("no such command", "no-such-command").status(127).says(r"^box64: no-such-command: command not found$").lines(1, 1)
    run("path through a file", put("file", "x") + "/x").status(127).says(r"^box64: \./file/x: ").lines(1, 1)


def test_missing():
    path = put("needy", elfs.dynamic_program(elfs.EXIT_0, ["libnowhere1.so.3", "libnowhere2.so"]))
    run("missing libraries", path).status(127).says(r"^box64: libnowhere1\.so\.3: .*needed by needy").says(
        r"^box64: libnowhere2\.so: .*needed by needy").lines(2, 2)
    code = elfs.call_slot()
    path = put("sym", elfs.dynamic_program(code, ["libc.so.6"], "no_such_function", "GLIBC_2.2.5"))
    run("missing symbol", path).status(127).says(
        r"^box64: symbol no_such_function, version GLIBC_2\.2\.5 of libc\.so\.6 not found \(required by .*sym\)").lines(1, 1)
    path = put("unversioned", elfs.dynamic_program(code, ["libc.so.6"], "no_such_function"))
    run("missing symbol without version", path).status(127).says(r"^box64: symbol no_such_function not found").lines(1, 1)
    run("symbol found", "./has").status(0).lines(0, 0)


def test_faults():
    bad = put("unknown", elfs.static_program(elfs.UNKNOWN))
    run("unknown instruction", bad).status(-4).says(
        r"^box64: .*0x400079, .*unknown\+0x79.*: 0f 04 aa bb").lines(1, 1)
    run("segmentation fault", put("segv", elfs.static_program(elfs.SEGV))).status(-11).lines(0, 0)
    run("crash report", "./segv", BOX64_SHOWBT="1").status(-11).says(r"SIGSEGV.*address 0").says(
        r"rax 0000000000000000").says(r"rip .*segv\+0x7a")
    shell = subprocess.run(["sh", "-c", '"$@"; exit $?', "sh"] + RUN + ["./segv"], capture_output=True,
                           timeout=TIMEOUT, check=False)
    Case("segmentation fault in a shell", shell.returncode, "", "").status(139)


def test_usage():
    run("no arguments").status(125).says(r"box64: no program")
    run("only an end of options", "--").status(125).says(r"box64: no program")
    run("unknown option", "--no-such-option", "x").status(125).says(r"^box64: --no-such-option: unknown option")
    run("near an option", "--strce", "x").status(125).says(r"^box64: --strce: unknown option.*STRACE")
    run("unknown letter", "-z", "x").status(125).says(r"^box64: -z: unknown option")
    run("bad value", "--log=many", "./good").status(125).says(r"^box64: --log=many: ")
    run("bad value in the environment", "./good", BOX64_LOG="77").status(42).says(r"BOX64_LOG=77: .*ignored").lines(1, 1)
    run("bad dump", "--dynarec-dump=nonsense", "./good").status(125).says(r"^box64: --dynarec-dump=nonsense: not one of .*hot").lines(1, 1)
    run("bad dump in the environment", "./good", BOX64_DYNAREC_DUMP="nonsense").status(42).says(
        r"BOX64_DYNAREC_DUMP=nonsense: not one of .*; ignored").lines(1, 1)
    run("bad page size", "./good", BOX64_HOST_PAGE="7").status(42).says(r"BOX64_HOST_PAGE=7: .*; ignored").lines(1, 1)
    run("empty name", "").status(127).says(r"^box64: : command not found$").lines(1, 1)


def test_profiles():
    rc = put("rc", "# a comment\n[good]\nBOX64_NOSUCH=1\nBOX64_AVX=9\nBOX64_AVX=1\nnonsense\n", 0o644)
    run("bad profile", "./good", BOX64_RCFILE=rc).status(42).says(r"rc:3: unknown option (BOX64_)?NOSUCH").says(
        r"rc:4: BOX64_AVX=9: .*ignored").says(r"rc:6: ").lines(3, 3)
    run("no such profile", "./good", BOX64_RCFILE="./no-rc").status(42).says(r"no-rc: No such file").lines(1, 1)
    run("explain", "--explain", "./good", BOX64_RCFILE=rc, BOX64_LOG="0").status(0).prints(
        r"^BOX64_AVX=1 +# .*rc:5 \[good\]$").prints(r"^BOX64_LOG=0 +# environment$").prints(r"^BOX64_LIBC=native +# default$")
    run("explain, command line", "--log=2", "--explain", "./good").status(0).prints(r"^BOX64_LOG=2 +# command line$")
    run("explain nothing", "--explain").status(125).says(r"--explain: needs a program")


def test_own_options():
    run("version", "--version").status(0).prints(r"^box64 \d+\.\d+\.\d+ for \w+$").lines(0, 0)
    run("help", "--help").status(0).prints(r"^usage: box64 ").prints(r"BOX64_STRACE=").lines(0, 0)
    run("list", "--list-options").status(0).prints(r"^BOX64_LOG\t")
    listing = run("list as JSON", "--list-options=json").status(0)
    try:
        options = {o["name"]: o for o in json.loads(listing.out)}
        if not ({"BOX64_LOG", "BOX64_LIBC", "BOX64_TRACE"} <= set(options) and options["BOX64_LOG"]["type"] == "int"
                and options["BOX64_LIBC"]["words"] == ["native", "guest"] and all(o["text"] for o in options.values())):
            listing.fail("the JSON lacks something")
    except (ValueError, KeyError, TypeError) as e:
        listing.fail(f"no valid JSON: {e}")


def signal_program():
    """sigaction(SIGUSR1, handler); kill(getpid(), SIGUSR1); exit(7, which the handler stored)."""
    body = bytes.fromhex(
        "488d3d00000000"  # lea rdi, [handler]: patched
        "4883ec30 48893c24 48c744240800000004 488d3d00000000 48897c2410 48c744241800000000"
        "bf0a000000 4889e6 31d2 41ba08000000 b80d000000 0f05"
        "b827000000 0f05 89c7 be0a000000 b83e000000 0f05"
        "8b3c2500004000 b83c000000 0f05")  # mov edi, [0x400000]
    # The handler overwrites the ELF header, in the page of the code: mov dword [0x400000], 7
    handler, restorer = bytes.fromhex("c7042500004000 07000000 c3"), bytes.fromhex("b80f000000 0f05")
    code = bytearray(body + handler + restorer)
    code[3:7] = (len(body) - 7).to_bytes(4, "little")
    second = 7 + 4 + 4 + 9
    code[second + 3:second + 7] = (len(body) + len(handler) - second - 7).to_bytes(4, "little")
    return elfs.static_program(bytes(code))


def test_traces():
    path = put("open", elfs.static_program(elfs.OPENAT))
    run("strace", path, BOX64_STRACE="1").status(0).says(
        r'^openat\(AT_FDCWD, "/no-such-file", O_RDONLY.*\) = -1 ENOENT').says(r"^exit\(0\) += \?")
    run("trace sys", path, BOX64_TRACE="sys").status(0).says(r"^openat\(")
    run("trace insn", "--trace=insn", "./good").status(42).says(r"^0000000000400078  mov +edi").lines(3, 3)
    run("trace block", "./good", BOX64_TRACE="block").status(42).says(r"^block 400078-\w+ ops \d")
    run("trace to a file", "./good", BOX64_TRACE="block", BOX64_TRACE_FILE="trace.txt").status(42).lines(0, 0)
    with open("trace.txt", encoding="utf-8") as f:
        if not f.read().startswith("block "):
            FAILED.append("trace to a file")
            print("FAIL trace to a file: nothing in it")
    run("trace sig", put("signal", signal_program()), BOX64_TRACE="sig").status(7).says(
        r"^sig: SIGUSR1 handler 0x").says(r"^sig: SIGUSR1 code .* -> handler").says(r"^sig: return to 0x")
    run("trace bridge", "./has", BOX64_TRACE="bridge").status(0).says(r"^\d+ bridge _exit .*\(0, ")
    run("unknown channel", "./good", BOX64_TRACE="nothing").status(42).says(r"BOX64_TRACE=nothing: ")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("group")
    parser.add_argument("--box64", required=True)
    parser.add_argument("--runner", action="append", default=[])
    options = parser.parse_args()
    RUN.extend(options.runner + [os.path.abspath(options.box64)])
    # The core files of programs that crash on purpose interest nobody.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="box64-cli-") as folder:
        os.chdir(folder)
        put("good", elfs.static_program(elfs.EXIT_42))
        put("has", elfs.dynamic_program(elfs.call_slot(), ["libc.so.6"], "_exit", "GLIBC_2.2.5"))
        globals()["test_" + options.group]()
        os.chdir("/")
    print(f"{len(FAILED)} of the checks failed" if FAILED else "all as it should be")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
