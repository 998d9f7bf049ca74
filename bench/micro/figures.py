"""What `run` measures and keeps: kernels, whole programs and the cost of translating, of ours, the peer and native.

A figure that can not change is measured once: it lies in the cache under the hashes of the programs concerned and the
environment. One QEMU counts at a time: `run` is slow, not noisy.
"""

import hashlib
import json
import os
import subprocess

import counting
import kernels
import programs
from counting import Problem

SIZES = (1, 2)
STORE = "figures.json"


def file_key(*paths):
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()[:16]


def slope(values):
    """Steady state: cost of one unit of work, without start and translation."""
    return (values[1] - values[0]) / (SIZES[1] - SIZES[0])


class Store:
    """Figures in the cache, by kind ("ours", "peer", ...), key and name. Of ours the last binary's alone are kept."""

    def __init__(self, path):
        self.path = path
        try:
            with open(path, encoding="utf-8") as file:
                self.data = json.load(file)
        except (OSError, ValueError):
            self.data = {}

    def get(self, kind, key, name, make):
        kept = self.data.setdefault(kind, {})
        if kind == "ours" and set(kept) - {key}:
            self.data[kind] = kept = {}
        figures = kept.setdefault(key, {})
        if name not in figures:
            figures[name] = make()
            part = f"{self.path}.{os.getpid()}"
            with open(part, "w", encoding="utf-8") as file:
                json.dump(self.data, file, indent=1)
            os.replace(part, self.path)
        return figures[name]


class Figures:
    """Counted runs on one host, through the store. who: "native", "ours" or "peer"."""

    def __init__(self, host, ours):
        self.host = host
        self.ours = os.path.abspath(ours)
        self.built = kernels.build(host)
        self.store = Store(counting.cache_path(STORE))
        peer = counting.peer_runner().prepare(host).words[0]
        qemu = " ".join(host.qemu_command())
        guest = file_key(self.built["guest", False], self.built["guest", True])
        native = file_key(self.built["native", False], self.built["native", True])
        self.keys = {"guest": guest, "native": f"{host.name} {qemu} {native}",
                     "peer": f"{host.name} {qemu} {file_key(peer)} {guest}",
                     "ours": f"{host.name} {qemu} {file_key(self.ours)} {guest}"}

    def runner(self, who, settings):
        if who == "native":
            return counting.native_runner().prepare(self.host)
        if who == "peer":
            return counting.peer_runner("peer", settings).prepare(self.host)
        # QEMU 7.2 does not see rewritten code through a second mapping.
        return counting.Runner("ours", f"BOX64_DYNAREC=1 BOX64_DYNAREC_DUALMAP=0 {settings} {self.ours} {{prog}}",
                               ours=True).prepare(self.host)

    def program(self, who, kernel):
        return self.built["native" if who == "native" else "guest", kernel == "simd256"]

    def guest(self, kernel):
        """Executed x86 instructions of one unit of size."""
        return self.store.get("guest", self.keys["guest"], kernel, lambda: slope(
            [x86_instructions(self.program("guest", kernel), [kernel, str(size)]) for size in SIZES]))

    def kernel(self, who, kernel, settings=""):
        """{"counts": [of each size], "parts": [exe file jit of each], "sums": [checksums]} or {"problem": text}."""
        def make():
            counts, parts, sums = [], [], []
            for size in SIZES:
                result = counting.run_counted(self.host, self.runner(who, settings), self.program(who, kernel),
                                              [kernel, str(size)], kernel in kernels.THREADED, 1800)
                if not result.counted:
                    return {"problem": result.problem()}
                counts.append(result.total)
                parts.append([result.exe, result.file, result.jit])
                sums.append(kernels.checksum(result))
            return {"counts": counts, "parts": parts, "sums": sums}
        settings = "" if who == "native" else settings
        return self.store.get(who, self.keys[who], f"{kernel} {settings}".strip(), make)

    def whole(self, who, name, settings=""):
        """A program of programs.py from start to end: its counts by kind of code, and a digest of its output."""
        def make():
            binary, arguments = programs.PROGRAMS[name]
            tree = self.host.sysroot if who == "native" else counting.guest_tree()
            arguments = [argument.replace("{input}", programs.input_file()) for argument in arguments]
            result = counting.run_counted(self.host, self.runner(who, settings),
                                          os.path.realpath(os.path.join(tree, "usr", binary)), arguments, timeout=1800)
            if not result.counted:
                return {"problem": result.problem(), "message": result.message()}
            return {"total": result.total, "exe": result.exe, "file": result.file, "jit": result.jit,
                    "output": programs.digest(result)}
        return self.store.get(who, self.keys[who], f"program {name} {settings}".strip(), make)


def x86_instructions(program, arguments):
    plugin = f"{counting.plugin_path()},exe=/{os.path.basename(program)}"
    done = subprocess.run(["qemu-x86_64", "-cpu", "max", "-plugin", plugin, program] + arguments,
                          capture_output=True, check=False, timeout=900)
    for line in (done.stderr + done.stdout).decode(errors="replace").splitlines():
        if line.startswith("COUNT "):
            return int(dict(word.split("=", 1) for word in line.split()[1:])["total"])
    raise Problem(f"qemu-x86_64 did not count {' '.join(arguments)}")
