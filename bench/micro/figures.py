"""What `run` measures and keeps: kernels, whole programs and the cost of translating, of ours, the peer and native.

A figure that can not change is measured once: it lies in the cache under the hashes of the programs concerned and the
environment. One QEMU counts at a time: `run` is slow, not noisy.
"""

import bisect
import collections
import glob
import hashlib
import json
import os
import re
import subprocess
import tempfile

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
        if counting.board_metric and kind != "guest":
            return make()       # varies from run to run
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
        return counting.Runner("ours", f"BOX64_DYNAREC=1 {settings} {self.ours} {{prog}}", ours=True).prepare(self.host)

    def plain_command(self, runner, program, arguments):
        """To run without counting."""
        emulator = [] if counting.board_metric else self.host.qemu_command() + ["-L", self.host.sysroot]
        return emulator + runner.command(program, arguments)

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
            tree = self.host.sysroot if who == "native" else counting.guest_tree()
            program, arguments = whole_command(name, tree)
            result = counting.run_counted(self.host, self.runner(who, settings), program, arguments, timeout=1800)
            if not result.counted:
                return {"problem": result.problem(), "message": result.message()}
            return {"total": result.total, "exe": result.exe, "file": result.file, "jit": result.jit,
                    "output": programs.digest(result)}
        return self.store.get(who, self.keys[who], f"program {name} {settings}".strip(), make)


    def newer_qemu(self):
        """The static QEMU that setup.sh fetches: it has newer CPU features, and does not count."""
        return [counting.cache_path("qemu", f"qemu-{self.host.name}"), "-cpu", self.host.new_cpu, "-L", self.host.sysroot]

    def straight(self, kernel, settings):
        """Host instructions of one unit of work on the CPU of the newer QEMU, by the translator's own count: the runs
        of each block times its instructions on the straight way."""
        def make():
            found = [self.counters(self.program("guest", kernel), [kernel, str(size)], settings, self.newer_qemu())
                     for size in SIZES]
            return slope([result.get("executed_host", 0) for result in found])
        return self.store.get("ours", self.keys["ours"], f"straight {kernel} {settings}".strip(), make)

    def counters(self, program, arguments, settings="", emulator=None):
        """What BOX64_STATS=2 says at exit: {name: number}, and "rows": lines of what fell back, most often first."""
        runner = self.runner("ours", f"BOX64_STATS=2 {settings}")
        with tempfile.TemporaryDirectory() as folder:
            # Programs may close standard error before they end.
            report = os.path.join(folder, "stats.txt")
            environment = {**counting.clean_environment(folder), **runner.environment, "BOX64_TRACE_FILE": report}
            command = self.plain_command(runner, program, arguments)
            if emulator and not counting.board_metric:
                command = emulator + runner.command(program, arguments)
            done = subprocess.run(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=1800, check=False)
            lines = open(report, encoding="utf-8", errors="replace").read().splitlines() if os.path.exists(report) else []
        out = {"rows": []}
        for line in lines:
            match = re.match(r"stats: (\w+) ([0-9.]+)%? (.*)", line)
            if match and match[1] == "executed_fallback":
                out["rows"].append(f"{match[2]} {match[3]}")
            elif match:
                out[match[1]] = float(match[2])
        if done.returncode or "insns" not in out:
            return {"problem": f"EXIT {done.returncode}"}
        return out

    def kernel_counters(self, kernel, settings):
        return self.store.get("ours", self.keys["ours"], f"counters {kernel} {settings}".strip(), lambda: self.counters(
            self.program("guest", kernel), [kernel, "1"], settings))

    def whole_counters(self, name):
        return self.store.get("ours", self.keys["ours"], f"counters program {name}",
                              lambda: self.counters(*whole_command(name, counting.guest_tree())))

    def passes(self, name):
        """Executed host instructions inside each of PASSES, called functions included, in a run of the program."""
        def make():
            offsets = function_offsets(self.ours, PASSES)
            program, arguments = whole_command(name, counting.guest_tree())
            result = counting.run_counted(self.host, self.runner("ours", ""), program, arguments, timeout=1800,
                                          calls=list(offsets.values()))
            if not result.counted:
                return {"problem": result.problem()}
            return {function: result.calls.get(offset, 0) for function, offset in offsets.items()}
        return self.store.get("ours", self.keys["ours"], f"passes {name}", make)

    def memory(self, who, translator, name):
        """Kilobytes that a program has which has just started: what the emulator and the guest hold, not QEMU."""
        settings = f"BOX64_DYNAREC={int(translator)}"
        if name == "node" and who == "peer":
            settings += " BOX64_PREFER_EMULATED=1" # it wants a newer libssl than it knows

        def make():
            runner = self.runner(who, settings)
            more = {}
            emulator = [] if counting.board_metric else self.newer_qemu()
            program, script = os.path.join(counting.guest_tree(), "usr/bin/python3"), PYTHON_READY
            if name == "node":
                program, emulator[-1], more["BOX64_LD_LIBRARY_PATH"] = self.node()
                script = NODE_READY
            with tempfile.TemporaryDirectory() as folder:
                environment = {**counting.clean_environment(folder), **more, **runner.environment}
                with subprocess.Popen(emulator + runner.command(program, script), env=environment, cwd=folder,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
                    ready = process.stdout.readline() == b"ready\n"
                    size = resident(process.pid, not counting.board_metric)
                    process.communicate(b"\n")
            return size if ready else 0
        return self.store.get(who, self.keys[who], f"memory {name} {settings}", make)

    def has_node(self):
        """Is the big guest tree there (scripts/sysroot programs)?"""
        return not counting.board_metric and bool(glob.glob(f"{BIG_TREE}/usr/lib/x86_64-linux-gnu/libnode.so.*"))

    def node(self):
        """A program that starts Debian's libnode, the tree for QEMU's -L in which it finds its scripts, and its libraries' folder.
        Debian's own node only does that as well, but the peer does not find the names of the libraries in that file."""
        libraries = f"{BIG_TREE}/usr/lib/x86_64-linux-gnu"
        program, tree = (counting.cache_path("kernels", f"node.{part}") for part in ("x86_64", self.host.name))
        os.makedirs(os.path.join(tree, "usr/share"), exist_ok=True)
        for part in ("lib", "lib64", "usr/lib"):
            link(os.path.join(self.host.sysroot, part), os.path.join(tree, part))
        link(f"{BIG_TREE}/usr/share/nodejs", os.path.join(tree, "usr/share/nodejs"))
        subprocess.run(kernels.guest_compiler() + ["-x", "c", "-", "-rdynamic", "-o", program, "-x", "none",
                                                   glob.glob(f"{libraries}/libnode.so.*")[0], "-Wl,--unresolved-symbols=ignore-all"],
                       input=NODE_MAIN, text=True, check=True)
        return program, tree, libraries

    def profile(self, name, settings=""):
        """Executed host instructions of a program or kernel by function of ours: [(instructions, function)]."""
        program, arguments = ((self.program("guest", name), [name, "1"]) if name in kernels.KERNELS
                              else whole_command(name, counting.guest_tree()))
        result = counting.run_counted(self.host, self.runner("ours", settings), program, arguments, timeout=1800,
                                      hot=1000000)
        if not result.counted:
            raise Problem(f"{name}: {result.problem()}")
        functions = all_functions(self.ours)
        offsets = sorted(zip(function_offsets(self.ours, functions).values(), functions))
        starts = [offset for offset, _ in offsets]
        sums = collections.Counter()
        for block in result.hot:
            where = f"({block['kind']})"
            if block["kind"] == "exe":
                where = offsets[bisect.bisect(starts, int(block["at"].rsplit("+", 1)[1], 16)) - 1][1]
            sums[where] += int(block["insns"]) * int(block["executed"])
        return [(count, function) for function, count in sums.most_common()]

    def peer_insns(self, name):
        """How many x86 instructions the peer translates in a run of the program, from its own listing."""
        def make():
            runner = self.runner("peer", "BOX64_DYNAREC_DUMP=1 BOX64_LOG=1")
            program, arguments = whole_command(name, counting.guest_tree())
            with tempfile.TemporaryDirectory() as folder:
                environment = {**counting.clean_environment(folder), **runner.environment}
                done = subprocess.run(
                    self.plain_command(runner, program, arguments),
                    cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=1800,
                    check=False)
            return (done.stdout + done.stderr).count(b"New Instruction x64:")
        return self.store.get("peer", self.keys["peer"], f"insns {name}", make)


BIG_TREE = os.path.normpath(counting.cache_path("..", "sysroot", "programs"))
PYTHON_READY = ["-c", "import sys; print('ready', flush=True); sys.stdin.readline()"]
NODE_READY = ["-e", "let n = 0; for (let i = 0; i < 1000; i++) n += JSON.stringify({a: [i, 'x'.repeat(i % 10)]}).length;"
                    " console.log('ready'); process.stdin.once('data', () => process.exit(0));"]
NODE_MAIN = """int _ZN4node5StartEiPPc(int, char **);
int main(int n, char **words) { return _ZN4node5StartEiPPc(n, words); }
"""


def link(target, path):
    if not os.path.islink(path):
        os.symlink(target, path)


def resident(pid, in_qemu):
    """Resident kilobytes, shared pages by their part. QEMU's own are its heap and what can be executed: it maps the
    guest's code without that right."""
    size, own = 0, False
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as file:
        for line in file:
            match = re.match(r"[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ \d+\s*(.*)", line)
            if match:
                own = in_qemu and ("x" in match[1] or match[2] == "[heap]")
            elif line.startswith("Pss:") and not own:
                size += int(line.split()[1])
    return size


# The translator's steps, one after the other.
PASSES = ("pass_discover", "pass_analyse", "pass_emit", "region_publish")


def all_functions(binary):
    """{name: address} of an ELF file, by nm of binutils (any target's will do)."""
    text = subprocess.run(["nm", binary], capture_output=True, text=True, check=True).stdout
    return {words[2]: int(words[0], 16) for words in map(str.split, text.splitlines())
            if len(words) == 3 and words[1] in "tTwW"}


def function_offsets(binary, names):
    """Where functions stand in an ELF file."""
    symbols = all_functions(binary)
    text = subprocess.run(["readelf", "-lW", binary], capture_output=True, text=True, check=True).stdout
    loads = [[int(word, 16) for word in line.split()[1:5]] for line in text.splitlines()
             if line.strip().startswith("LOAD")]
    out = {}
    for name in names:
        if name not in symbols:
            raise Problem(f"{os.path.basename(binary)} has no function {name} (is it stripped?)")
        out[name] = next(symbols[name] - address + offset for offset, address, _, size in loads
                         if address <= symbols[name] < address + size)
    return out


def whole_command(name, tree):
    """Program and arguments of an entry of programs.py."""
    binary, arguments = programs.PROGRAMS[name]
    return (os.path.realpath(os.path.join(tree, "usr", binary)),
            [argument.replace("{input}", programs.input_file()) for argument in arguments])


def x86_instructions(program, arguments):
    plugin = f"{counting.plugin_path()},exe=/{os.path.basename(program)}"
    done = subprocess.run(["qemu-x86_64", "-cpu", "max", "-plugin", plugin, program] + arguments,
                          capture_output=True, check=False, timeout=900)
    for line in (done.stderr + done.stdout).decode(errors="replace").splitlines():
        if line.startswith("COUNT "):
            return int(dict(word.split("=", 1) for word in line.split()[1:])["total"])
    raise Problem(f"qemu-x86_64 did not count {' '.join(arguments)}")
