#!/usr/bin/env python3
"""The pages of host code in dynarec/arm64/golden, from the cases in golden/ here; scripts/regen renews them.

    golden.py LISTING insns|blocks      prints the page (LISTING: the program dyn_listing)
    golden.py LISTING targets           prints the table of promised counts
    golden.py LISTING check             the same; exit status 1 if one is broken

A page that is not what this prints is stale (lint_fresh): the diff shows how the quality of the code has changed.
The text beside a word is taken from the committed page where that has it, so no disassembler is needed to compare.
"""

import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
PAGES = os.path.join(TOP, "dynarec", "arm64", "golden")
sys.path.insert(0, os.path.join(TOP, "tools"))
import a64text

# Variant: (its keys, what it says in the page). The first is listed in full.
VARIANTS = {
    "dead": "tail=ret", "live": "tail=syscall", "v8.0": "tail=ret features=v8.0", "afp": "tail=ret features=all",
}
HEAD = {
    "insns": """\
# Host code of single instructions for an ARMv8.5 CPU; tests/dynarec/golden.py prints this page, scripts/regen writes it.
# Counts are words of the straight way: dead: flags are not needed afterwards (listed); live: all are (listed with + where
# that is other code); v8.0, afp: as dead, on a CPU without extensions and on one that also has FEAT_AFP.
""",
    "blocks": """\
# Host code of whole blocks for an ARMv8.5 CPU; tests/dynarec/golden.py prints this page, scripts/regen writes it.
# The count is of the straight way, for all of the block's guest instructions; what lies out of line is only counted.
# NAME-1 and so on: hot loops of bench/micro/kernels.c; the others are written by hand.
""",
}


class Case:
    def __init__(self):
        self.lines = []     # ("x86", text) | ("host", word) | ("block",)
        self.rest = []
        self.fails = None
        self.fallbacks = 0

    def words(self):
        return [line[1] for line in self.lines if line[0] == "host"]

    def code(self):
        return [line for line in self.lines if line[0] != "x86"]


def run(listing, inputs):
    """{name: Case} of lines "NAME keys : hex"."""
    done = subprocess.run([listing], input="\n".join(inputs) + "\n", capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{listing}: {done.stderr.strip()}")
    cases, out = {}, None
    for line in done.stdout.splitlines():
        kind, _, text = line.partition(" ")
        if kind == "case":
            case = cases[text] = Case()
            out = case.lines
        elif kind == "x86":
            out.append(("x86", text.split(" | ", 1)[1], int(text.split()[0], 16)))
        elif kind == "host":
            out.append(("host", int(text, 16)) if out is case.lines else int(text, 16))
        elif kind == "block":
            out.append(("block",))
        elif kind == "rest":
            out = case.rest
        elif kind == "fails":
            case.fails = text
        elif kind == "fallbacks":
            case.fallbacks = int(text)
    return cases


def read_cases(name):
    """[(keys, hex)] with a name of its own for blocks: (name, keys, hex)."""
    with open(os.path.join(HERE, "golden", name), encoding="ascii") as file:
        lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    return [line.partition(":") if ":" in line else ("", ":", line) for line in lines]


class Texts:
    """Text of words: from the page as it stands, else from the disassembler."""

    def __init__(self, page):
        self.known = {}
        try:
            with open(os.path.join(PAGES, page), encoding="utf-8") as file:
                for match in re.finditer(r"^[ +]+([0-9a-f]{8})  (.*)$", file.read(), re.M):
                    self.known[int(match[1], 16)] = match[2]
        except OSError:
            pass

    def learn(self, words):
        new = sorted({word for word in words if word not in self.known})
        self.known.update(zip(new, a64text.disassemble(new, alone=True)))

    def __getitem__(self, word):
        return self.known[word]


def count(case):
    return case.fails or (f"{len(case.words())} and x86_sem" if case.fallbacks else str(len(case.words())))


def insns(listing):
    inputs, rows = [], []
    for i, (keys, _, code) in enumerate(read_cases("insns.in")):
        rows.append((keys.strip(), code.strip()))
        inputs += [f"{variant}-{i} {VARIANTS[variant]} {keys}: {code}" for variant in VARIANTS]
    cases = run(listing, inputs)
    texts = Texts("insns.txt")
    texts.learn(word for case in cases.values() for word in case.words())
    print(HEAD["insns"], end="")
    for i, (keys, code) in enumerate(rows):
        of = {variant: cases[f"{variant}-{i}"] for variant in VARIANTS}
        dead = of["dead"]
        name = next((line[1] for line in of["live"].lines + dead.lines if line[0] == "x86"), "?")
        counts = ", ".join(f"{variant} {count(case)}" for variant, case in of.items())
        print(f"\n{name} | {keys + ' | ' if keys else ''}{code} | {counts}")
        for word in dead.words():
            print(f"    {word:08x}  {texts[word]}")
        if of["live"].words() != dead.words():
            for word in of["live"].words():
                print(f"  + {word:08x}  {texts[word]}")


def blocks(listing):
    rows = [(keys.split()[0], " ".join(keys.split()[1:]), code.strip()) for keys, _, code in read_cases("blocks.in")]
    cases = run(listing, [f"{name} {keys} : {code}" for name, keys, code in rows])
    texts = Texts("blocks.txt")
    texts.learn(word for case in cases.values() for word in case.words())
    print(HEAD["blocks"], end="")
    for name, keys, _ in rows:
        case = cases[name]
        n = sum(line[0] == "x86" for line in case.lines)
        print(f"\n== {name}{' | ' + keys if keys else ''} | {count(case)} for {n} instructions, {len(case.rest)} out of line")
        for line in case.lines:
            if line[0] == "x86":
                print(f"{line[2] & 0xffff:x} {line[1]}")
            elif line[0] == "host":
                print(f"    {line[1]:08x}  {texts[line[1]]}")


# ---- promises ----

def until(mask, value):
    """Words up to the first of that form, which counts."""
    def counted(words):
        at = next(i for i, word in enumerate(words) if word & mask == value)
        return at + 1
    return counted


BL, BLR, BR_, RET, B = ((0xfc000000, 0x94000000), (0xfffffc1f, 0xd63f0000), (0xfffffc1f, 0xd61f0000),
                        (0xfffffc1f, 0xd65f0000), (0xfc000000, 0x14000000))
PUSH = (0xffe00c00, 0xf8000c00)     # STR with the address written back
BFI = (0xffc00000, 0xb3400000)      # 64 bits: the probe's first word


def probe(end):
    """Words of the hashed probe: from BFI to the jump, without the guest's push."""
    def counted(words):
        words = [word for word in words if word & PUSH[0] != PUSH[1]]
        start = next(i for i, word in enumerate(words) if word & BFI[0] == BFI[1])
        return until(*end)(words[start:])
    return counted


def each_of_four(listing, keys, four, eight):
    """What one more costs in a run: the difference of a loop with eight and one with four, divided."""
    cases = run(listing, [f"four {keys} : {four}", f"eight {keys} : {eight}"])
    return (len(cases["eight"].words()) - len(cases["four"].words())) / 4


def one(keys, code, counted=len, more=0):
    def number(listing):
        return counted(run(listing, [f"case {keys} : {code}"])["case"].words()) + more
    return number


def first_insns(n, keys, code):
    """Words of the first n guest instructions."""
    def number(listing):
        seen = words = 0
        for line in run(listing, [f"case {keys} : {code}"])["case"].lines:
            seen += line[0] == "x86"
            words += line[0] == "host" and seen <= n
        return words
    return number


def in_run(keys, insn, number_of):
    """insn: bytes of one instruction with register 0; the others of the run have their own."""
    loop = "ff c9 0f 85 {:02x} ff ff ff c3"

    def number(listing):
        def code(n):
            body = " ".join(number_of(insn, i) for i in range(n))
            size = len(body.split()) + 8
            return f"{body} {loop.format(256 - size)}"
        return each_of_four(listing, keys, code(4), code(8))
    return number


def sse_run(insn, i):
    """op xmm<i % 4>, xmm<8 + i % 2>"""
    return f"f3 41 0f {insn} {0xc0 | i % 4 << 3 | i % 2:02x}"


def avx_run(insn, i):
    """op ymm<i % 4>, ymm<i % 4>, ymm<8 + i % 2>: all upper halves fit into host registers"""
    return f"c4 c1 {0x7c & ~(i % 4 << 3):02x} {insn} {0xc0 | i % 4 << 3 | i % 2:02x}"


FAST = "fastnan=1 fastround=1"
# What: (most, how it is counted, today's number where the promise is not kept yet).
TARGETS = [
    ("sub r,r with dead flags", 1, one("tail=ret", "29 c8"), None),
    ("cmp and jcc", 2, first_insns(2, "", "39 c8 7c 01 90 29 c8 c3"), None),
    ("call, with the callee's entry", 4, one("", "e8 00 10 00 00", until(*BL), 1), None),
    ("ret", 5, one("", "c3", until(*RET)), None),
    ("chained jump", 1, one("", "e9 00 10 00 00", until(*B)), None),
    ("indirect jump, the probe's hit", 6, one("", "ff e0", probe(BR_)), None),
    ("indirect call, the probe's hit", 6, one("", "ff d0", probe(BLR)), None),
    ("indirect call, hit, with pushing the return addresses", 6, one("", "ff d0", until(*BLR)), 9),
    ("addss in a run, host's NaNs", 2, in_run(FAST, "58", sse_run), None),
    ("addss in a run, exact", 2, in_run("", "58", sse_run), None),
    ("addss with FEAT_AFP", 1, one("tail=ret features=all", "f3 0f 58 c1"), None),
    ("vaddps ymm in a run, host's NaNs", 2, in_run(FAST, "58", avx_run), None),
    ("vaddps ymm in a run, exact", 2, in_run("", "58", avx_run), None),
]


def targets(listing):
    broken = 0
    print("# Promised counts of host instructions; tests/dynarec/golden.py prints this page, scripts/regen writes it.")
    for what, most, number, today in TARGETS:
        value = number(listing)
        kept = value <= most
        broken += not kept and (today is None or value > today)
        print(f"{what}: {value:g}, at most {most}{'' if kept else ': NOT KEPT'}")
    return broken


def main():
    pages = {"insns": insns, "blocks": blocks, "targets": targets, "check": targets}
    if len(sys.argv) != 3 or sys.argv[2] not in pages:
        sys.exit(__doc__)
    broken = pages[sys.argv[2]](sys.argv[1])
    return broken if sys.argv[2] == "check" else 0


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
