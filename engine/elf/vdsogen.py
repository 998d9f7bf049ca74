#!/usr/bin/env python3
"""Makes the guest's vDSO: an x86-64 shared object of one page in which every function is its system call.

    vdsogen.py --out FILE.c [--elf FILE.so]

The names, the version LINUX_2.6 and the file name linux-vdso.so.1 are the kernel's (vdso(7)); libcs look the functions up by them. Both
kinds of hash table are there, as some look up by one and some by the other. The C file holds the bytes.
"""

import argparse
import struct

# name, number: the arguments are in place already; RCX and R11 are a function's to change, as a system call does.
FUNCTIONS = (("clock_gettime", 228), ("gettimeofday", 96), ("time", 201), ("getcpu", 309), ("clock_getres", 229))
SONAME, VERSION = "linux-vdso.so.1", "LINUX_2.6"
PAGE = 4096
PT_LOAD, PT_DYNAMIC, PT_NOTE, PT_GNU_EH_FRAME = 1, 2, 4, 0x6474e550
DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_SONAME, DT_SYMBOLIC = 4, 5, 6, 10, 11, 14, 16
DT_GNU_HASH, DT_VERSYM, DT_VERDEF, DT_VERDEFNUM = 0x6ffffef5, 0x6ffffff0, 0x6ffffffc, 0x6ffffffd
STB_GLOBAL, STB_WEAK, STT_FUNC = 1, 2, 2
VER_FLG_BASE = 1
TEXT_SECTION = 1  # any number but SHN_UNDEF: there are no section headers


def sysv_hash(name):
    h = 0
    for c in name.encode():
        h = (h << 4) + c
        g = h & 0xf0000000
        h = (h ^ (g >> 24)) & ~g & 0xffffffff
    return h


def gnu_hash(name):
    h = 5381
    for c in name.encode():
        h = (h * 33 + c) & 0xffffffff
    return h


class Strings:
    def __init__(self):
        self.data = b"\0"

    def add(self, text):
        at = len(self.data)
        self.data += text.encode() + b"\0"
        return at


def make_text(base):
    """Code of all functions and where each begins: mov $number,%eax; syscall; ret."""
    code, places = b"", {}
    for name, number in FUNCTIONS:
        places[name] = (base + len(code), 8)
        code += b"\xb8" + struct.pack("<I", number) + b"\x0f\x05\xc3"
        code += b"\xcc" * (-len(code) % 16)
    return code, places


def make_symbols(strings, places):
    names = [(prefix + name, name, bind) for prefix, bind in (("__vdso_", STB_GLOBAL), ("", STB_WEAK)) for name, _ in FUNCTIONS]
    table = bytes(24)
    for full, name, bind in names:
        table += struct.pack("<IBBHQQ", strings.add(full), bind << 4 | STT_FUNC, 0, TEXT_SECTION, *places[name])
    return table, [full for full, _, _ in names]


def make_sysv_table(names):
    """One bucket: the chain is all symbols."""
    chain = [0] + [i + 1 for i in range(1, len(names))] + [0]
    return struct.pack("<4I", 1, len(names) + 1, 1, 0) + struct.pack("<%dI" % (len(names)), *chain[1:])


def make_gnu_table(names):
    """One bucket, one word of Bloom filter."""
    shift, bloom = 6, 0
    hashes = [gnu_hash(name) for name in names]
    for h in hashes:
        bloom |= 1 << (h % 64) | 1 << ((h >> shift) % 64)
    chain = [h & ~1 for h in hashes]
    chain[-1] |= 1
    return struct.pack("<4IQI", 1, 1, 1, shift, bloom, 1) + struct.pack("<%dI" % len(chain), *chain)


def make_versions(strings, soname):
    name = strings.add(VERSION)
    base = struct.pack("<HHHHIII", 1, VER_FLG_BASE, 1, 1, sysv_hash(SONAME), 20, 28) + struct.pack("<II", soname, 0)
    return base + struct.pack("<HHHHIII", 1, 0, 2, 1, sysv_hash(VERSION), 20, 0) + struct.pack("<II", name, 0)


def make_unwind(at, text, size):
    """.eh_frame_hdr and .eh_frame for functions that push nothing: CFA = RSP + 8, return address at CFA - 8."""
    cie = bytes(4) + b"\x01zR\0" + bytes([1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x80 | 16, 1])
    cie += bytes(-(len(cie) + 4) % 8)
    cie = struct.pack("<I", len(cie)) + cie
    frame = at + 20
    fde_at = frame + len(cie)
    fde = struct.pack("<Iii", len(cie) + 4, text - (fde_at + 8), size) + b"\0"
    fde += bytes(-(len(fde) + 4) % 8)
    fde = struct.pack("<I", len(fde)) + fde
    header = bytes([1, 0x1b, 0x03, 0x3b]) + struct.pack("<iI", frame - (at + 4), 1) + struct.pack("<ii", text - at, fde_at - at)
    return header + cie + fde + bytes(4)


class Image:
    def __init__(self):
        self.data = bytearray(PAGE)
        self.at = 64 + 4 * 56

    def put(self, data, align=8):
        self.at += -self.at % align
        place = self.at
        self.data[place:place + len(data)] = data
        self.at += len(data)
        if self.at > PAGE:
            raise SystemExit("vdsogen: the vDSO does not fit into a page")
        return place


def make_image():
    image, strings = Image(), Strings()
    soname = strings.add(SONAME)
    size = len(make_text(0)[0])
    text = (PAGE - size) // 16 * 16
    code, places = make_text(text)
    symbols, names = make_symbols(strings, places)
    versions = make_versions(strings, soname)
    at = {
        DT_HASH: image.put(make_sysv_table(names)), DT_GNU_HASH: image.put(make_gnu_table(names)), DT_SYMTAB: image.put(symbols),
        DT_STRTAB: image.put(strings.data), DT_VERSYM: image.put(struct.pack("<%dH" % (len(names) + 1), 0, *[2] * len(names))),
        DT_VERDEF: image.put(versions),
    }
    at.update({DT_SONAME: soname, DT_STRSZ: len(strings.data), DT_SYMENT: 24, DT_SYMBOLIC: 0, DT_VERDEFNUM: 2})
    dynamic = b"".join(struct.pack("<QQ", tag, value) for tag, value in sorted(at.items())) + bytes(16)
    dynamic_at = image.put(dynamic)
    note = struct.pack("<III", 6, 4, 0) + b"Linux\0\0\0" + struct.pack("<I", 6 << 16 | 12 << 8)
    note_at = image.put(note)
    unwind_at = image.at + -image.at % 8
    unwind = make_unwind(unwind_at, text, size)
    image.put(unwind)
    if image.at > text:
        raise SystemExit("vdsogen: the tables reach into the code")
    image.data[text:text + size] = code
    segments = [(PT_LOAD, 5, 0, PAGE, PAGE), (PT_DYNAMIC, 4, dynamic_at, len(dynamic), 8), (PT_NOTE, 4, note_at, len(note), 4),
                (PT_GNU_EH_FRAME, 4, unwind_at, len(unwind), 4)]
    image.data[0:64] = struct.pack("<4sBBBBQHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 0, 3, 62, 1, 0, 64, 0, 0, 64, 56,
                                   len(segments), 64, 0, 0)
    for i, (kind, flags, place, length, align) in enumerate(segments):
        image.data[64 + 56 * i:120 + 56 * i] = struct.pack("<IIQQQQQQ", kind, flags, place, place, place, length, length, align)
    return bytes(image.data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out")
    parser.add_argument("--elf")
    options = parser.parse_args()
    data = make_image()
    if options.elf:
        with open(options.elf, "wb") as file:
            file.write(data)
    if options.out:
        rows = ",\n".join("    " + ", ".join("0x%02x" % b for b in data[i:i + 16]) for i in range(0, PAGE, 16))
        with open(options.out, "w", encoding="utf-8") as file:
            file.write("/* Made by engine/elf/vdsogen.py. */\n#include \"elf/vdso.h\"\n\n")
            file.write("const u8 elf_vdso_image[%d] = {\n%s};\n" % (PAGE, rows))


if __name__ == "__main__":
    main()
