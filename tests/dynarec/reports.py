#!/usr/bin/env python3
"""What the translator reports (BOX64_STATS, BOX64_DYNAREC_DUMP, BOX64_DYNAREC_PERFMAP) against a program whose
executed instructions are known. Exit status 77: no compiler or no tree."""
import glob
import os
import re
import struct
import subprocess
import sys
import tempfile

import guests

HERE = os.path.dirname(os.path.abspath(__file__))
RUNS = 20000
LOOP = 5        # instructions in the loop
COLD = 200      # runs of the loop that the interpreter may have taken
INNER, OUTER = 300, 1000
# The inner loop is hot before the outer one has gone round, and is a region first.
NESTED = rf"""
int main(void) {{ long n = 0, i, k;
    __asm__ volatile("mov ${OUTER}, %1\n0: xor %k2, %k2\n1: add $1, %2\n add %2, %0\n cmp ${INNER}, %2\n jne 1b\n"
                     "dec %1\n jnz 0b" : "+r"(n), "=r"(i), "=&r"(k) :: "cc");
    return n != {INNER * (INNER + 1) // 2 * OUTER}; }}
"""


class Reports:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.failed = 0
        self.program = os.path.join(folder, "reports")
        subprocess.run([guests.COMPILER, "-O2", "-no-pie", f"{HERE}/guest/reports.c", "-o", self.program], check=True)
        symbols = subprocess.run(["nm", self.program], check=True, capture_output=True, text=True).stdout
        self.loop = int(re.search(r"^([0-9a-f]+) \w known_loop$", symbols, re.M)[1], 16)

    def run(self, **settings):
        """Standard error of a run; the program's own output must be right."""
        done = guests.run(self.options, [self.program, str(RUNS)], {"DYNAREC": "1", **settings}, capture_output=True,
                         timeout=200)
        want = f"{RUNS * (RUNS + 1) // 2 + 1}\n"
        self.check(done.returncode == 0 and done.stdout.decode() == want, f"{settings}: status {done.returncode}")
        return done.stderr.decode(errors="replace")

    def check(self, good, what):
        if not good:
            self.failed += 1
            print("FAILED:", what)

    def near(self, value, want, slack, what):
        self.check(want - slack <= value <= want + slack, f"{what} is {value}, not about {want}")

    def stats(self):
        text = self.run(STATS="2")
        counter = {m[1]: int(m[2]) for m in re.finditer(r"^stats: (\w+) (\d+) ", text, re.M)}
        self.near(counter.get("executed", 0), RUNS * LOOP, COLD * LOOP, "executed")
        self.check(counter.get("executed_host", 0) > RUNS * LOOP, "executed_host")
        # FLD1 may be one of them.
        self.near(counter.get("fallback_runs", 0), RUNS * 1.5, RUNS * 0.5 + COLD * 2, "fallback_runs")
        match = re.search(r"^stats: executed_fallback (\d+) ([0-9.]+)% (\S+) FBSTP\b", text, re.M)
        self.check(match, "FBSTP has no line")
        if match:
            self.near(int(match[1]), RUNS, COLD, "runs of FBSTP")
            self.near(float(match[2]), 100 / LOOP, 1, "share of FBSTP")
        self.check(counter.get("regions", 0) > 0 and counter.get("insns", 0) >= LOOP, "nothing translated")
        self.check(counter.get("host_bytes", 0) >= 4 * counter.get("insns", 0), "host_bytes")
        self.check(re.search(r"^stats: translated_fallback [1-9]\d* \S+ \S+ FBSTP\b", text, re.M), "static row")
        ordered = re.search(r"^stats: executed (\d+)", self.run(STATS="2", DYNAREC_STRONGMEM="1"), re.M)
        self.near(int(ordered[1]) if ordered else 0, RUNS * LOOP, COLD * LOOP, "executed at STRONGMEM=1")
        self.check("stats:" not in self.run(), "statistics nobody asked for")
        self.check("executed" not in self.run(STATS="1").replace("instructions executed", ""), "STATS=1 counts runs")

    def dumps(self):
        text = self.run(DYNAREC_DUMP="hot")
        match = re.search(r"^region ([0-9a-f]+) executed (\d+) guest", text, re.M)
        self.check(match, "no hot region")
        if match:
            self.near(int(match[2]), RUNS * LOOP, COLD * LOOP, "the hot region's instructions")
            self.near(int(match[1], 16), self.loop, 64, "the hot region's address")
        self.check(re.search(r"^ block [0-9a-f]+ insns 5 runs \d+$", text, re.M), "no counts of blocks")
        around = self.run(DYNAREC_DUMP=f"{self.loop + 0x10:x}")
        self.check("fbstp" in around and around.count("region ") == 1, "dump of one address")
        self.check("region " not in self.run(DYNAREC_DUMP="10"), "dump of an address without code")
        self.check("fbstp" in self.run(DYNAREC_DUMP="1"), "dump of all")

    def perf(self):
        """perf's two formats: the loop's code has a name, where it says, and jitdump holds the code."""
        name = f"reports+0x{self.loop - self.base():x} x86"
        lines = self.file_of("perf-*.map", DYNAREC_PERFMAP="1").decode().splitlines()
        found = [re.match(r"[0-9a-f]+ ([0-9a-f]+) (.*)$", line) for line in lines]
        self.check(lines and all(found), "lines of perf's map")
        self.check(any(m and abs(self.place(m[2]) - self.loop) < 64 and int(m[1], 16) >= 20 for m in found),
                   f"{name} is not in perf's map")
        dump = self.file_of("jit-*.dump", DYNAREC_PERFMAP="2")
        magic, version, size = struct.unpack_from("<III", dump)
        self.check((magic, version, size) == (0x4a695444, 1, 40), "jitdump's header")
        at, names = size, []
        while at < len(dump):
            kind, length = struct.unpack_from("<II", dump, at)
            _, _, address, code_size = struct.unpack_from("<QQQQ", dump, at + 16)
            text = dump[at + 56:at + length].split(b"\0")[0].decode()
            self.check(kind == 0 and length == 56 + len(text) + 1 + code_size and address % 4 == 0, "jitdump's record")
            names.append(text)
            at += max(length, 1)
        self.check(any(abs(self.place(text) - self.loop) < 64 for text in names), f"{name} is not in the jitdump")

    def base(self):
        """The program's lowest address: file offsets count from there."""
        with open(self.program, "rb") as file:
            head = file.read(4096)
        at, size, count = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54)
        loads = [struct.unpack_from("<IIQQ", head, at + i * size) for i in range(count)]
        return min(address - offset for kind, _, offset, address in loads if kind == 1)

    def place(self, name):
        match = re.match(r"reports\+0x([0-9a-f]+) x86$", name)
        return int(match[1], 16) + self.base() if match else 0

    def file_of(self, pattern, **settings):
        """What a run leaves in the folder for temporary files."""
        before = set(glob.glob(os.path.join(tempfile.gettempdir(), pattern)))
        self.run(**settings)
        new = set(glob.glob(os.path.join(tempfile.gettempdir(), pattern))) - before
        self.check(new, f"no {pattern}")
        texts = []
        for path in new:
            with open(path, "rb") as file:
                texts.append(file.read())
            if b"reports" in texts[-1]:
                os.unlink(path)
        return next((text for text in texts if b"reports" in text), b"\0" * 12)

    def nested(self):
        """The region of an outer loop keeps the inner one that it runs into, though that has a region of its own."""
        program = os.path.join(self.folder, "nested")
        subprocess.run([guests.COMPILER, "-O1", "-x", "c", "-", "-o", program], input=NESTED.encode(), check=True)
        done = guests.run(self.options, [program], {"DYNAREC": "1", "DYNAREC_DUMP": "hot"}, capture_output=True,
                          timeout=100)
        first = re.search(r"^region .*\n block \S+ insns (\d+) runs (\d+)$", done.stderr.decode(errors="replace"), re.M)
        self.check(done.returncode == 0 and first, f"nested loops: status {done.returncode}")
        if first:
            self.check(first[1] == "1", "the hottest region is not the outer loop's")
            self.near(int(first[2]), OUTER, COLD, "runs of the outer loop")


def main():
    options = guests.parser().parse_args()
    if guests.missing(options):
        return 77
    with tempfile.TemporaryDirectory() as folder:
        reports = Reports(options, folder)
        reports.stats()
        reports.dumps()
        reports.perf()
        reports.nested()
    print("reports are right" if not reports.failed else f"{reports.failed} failed")
    return reports.failed != 0


if __name__ == "__main__":
    sys.exit(main())
