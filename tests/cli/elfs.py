"""elfs.py - small x86-64 ELF files made byte by byte, so that no compiler for x86-64 is needed.

static_program(CODE) is a static program; dynamic_program(CODE, ...) has a dynamic section. For
test_cli.py.
"""
import struct

BASE = 0x400000
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
EM_386, EM_ARM, EM_X86_64, EM_AARCH64 = 3, 40, 62, 183
INTERP = b"/lib64/ld-linux-x86-64.so.2\0"
R_GLOB_DAT = 6

# Code that several tests use. The number of exit is 60.
EXIT_0 = bytes.fromhex("31ff b83c000000 0f05")
EXIT_42 = bytes.fromhex("bf2a000000 b83c000000 0f05")
UNKNOWN = bytes.fromhex("90 0f04 aabb")  # 0F 04 was never given a meaning
SEGV = bytes.fromhex("31c0 8900")  # mov [0], eax
# openat(AT_FDCWD, the string behind the code, O_RDONLY, 0), exit 0.
OPENAT = bytes.fromhex("488d351a000000 bf9cffffff 31d2 4531d2 b801010000 0f05") + EXIT_0 + b"/no-such-file\0"


def header(kind, machine, entry, phnum, elf_class=2):
    ident = b"\x7fELF" + bytes([elf_class, 1, 1, 0]) + bytes(8)
    return ident + struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, entry, 64, 0, 0, 64, 56, phnum, 0, 0, 0)


def segment(kind, flags, offset, size):
    return struct.pack("<IIQQQQQQ", kind, flags, offset, BASE + offset, BASE + offset, size, size,
                       0x1000 if kind == PT_LOAD else 8)


def static_program(code, machine=EM_X86_64):
    start = 64 + 56
    return (header(2, machine, BASE + start, 1) + segment(PT_LOAD, 7, 0, start + len(code)) + code)


def program32(machine):
    ident = b"\x7fELF\x01\x01\x01" + bytes(9)
    head = ident + struct.pack("<HHIIIIIHHHHHH", 2, machine, 1, BASE + 84, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    code = bytes.fromhex("b801000000 31db cd80")
    return head + struct.pack("<IIIIIIII", 1, 0, BASE, BASE, 84 + len(code), 84 + len(code), 7, 0x1000) + code


def gnu_name_hash(name):
    """The System V hash, which version tables use."""
    h = 0
    for c in name:
        h = (h << 4) + c
        h = (h ^ (h >> 24 & 0xf0)) & 0x0fffffff
    return h


class Strings:
    def __init__(self):
        self.data = b"\0"

    def add(self, text):
        at = len(self.data)
        self.data += text.encode() + b"\0"
        return at


def dynamic_program(code, needed, symbol=None, version=None):
    """Needs the libraries `needed`; a GLOB_DAT slot for `symbol` of the first, at the first address
    behind the headers: code reaches it as call_slot() says."""
    strings = Strings()
    libraries = [strings.add(n) for n in needed]
    phdrs = 4
    at = 64 + 56 * phdrs
    slot, at = at, at + 8
    interp, at = at, at + len(INTERP)
    text, at = at, (at + len(code) + 15) & ~15
    names = strings.add(symbol) if symbol else 0
    version_name = strings.add(version) if version else 0
    nsym = 2 if symbol else 1
    symtab = bytes(24) + (struct.pack("<IBBHQQ", names, 0x12, 0, 0, 0, 0) if symbol else b"")
    hashes = struct.pack("<II", 1, nsym) + struct.pack("<I", nsym - 1) + struct.pack("<I", 0) * nsym
    rela = struct.pack("<QQq", BASE + slot, 1 << 32 | R_GLOB_DAT, 0) if symbol else b""
    versym = struct.pack("<H", 0) + (struct.pack("<H", 2) if symbol else b"")
    verneed = (struct.pack("<HHIII", 1, 1, libraries[0], 16, 0)
               + struct.pack("<IHHII", gnu_name_hash((version or "").encode()), 0, 2, version_name, 0))
    parts = {}
    blob = b""
    for name, data in (("sym", symtab), ("hash", hashes), ("rela", rela), ("versym", versym),
                       ("verneed", verneed), ("str", strings.data)):
        blob += bytes(-len(blob) % 8)
        parts[name] = BASE + at + len(blob)
        blob += data
    blob += bytes(-len(blob) % 8)
    tags = [(1, n) for n in libraries]
    tags += [(5, parts["str"]), (10, len(strings.data)), (6, parts["sym"]), (11, 24), (4, parts["hash"])]
    if symbol:
        tags += [(7, parts["rela"]), (8, len(rela)), (9, 24)]
    if version:
        tags += [(0x6ffffff0, parts["versym"]), (0x6ffffffe, parts["verneed"]), (0x6fffffff, 1)]
    tags.append((0, 0))
    dynamic_at = at + len(blob)
    dynamic = b"".join(struct.pack("<qQ", t, v) for t, v in tags)
    end = dynamic_at + len(dynamic)
    out = header(2, EM_X86_64, BASE + text, phdrs)
    out += segment(6, 4, 64, 56 * phdrs)  # PT_PHDR
    out += segment(PT_INTERP, 4, interp, len(INTERP)) + segment(PT_LOAD, 7, 0, end)
    out += segment(PT_DYNAMIC, 6, dynamic_at, len(dynamic))
    out += bytes(8) + INTERP + code
    out += bytes(at - len(out)) + blob + dynamic
    return out


def call_slot():
    """xor edi, edi; call [slot of dynamic_program]."""
    return bytes.fromhex("31ff ff1425") + struct.pack("<I", BASE + 64 + 56 * 4)
