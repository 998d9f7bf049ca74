"""test_symbols.py WRAPGEN.PY TREE SIGS... - every public symbol of the guest tree's libc.so.6, libm.so.6 and their like has a row, or a
`skip` line with its reason.
"""
import importlib.util
import os
import struct
import sys

SKIP = 77
LIBRARIES = ("libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "libresolv.so.2", "libcrypt.so.1")
VERDEF, VERSYM, DYNSYM, ABSOLUTE = 0x6FFFFFFD, 0x6FFFFFFF, 11, 0xFFF1


def exports(path):
    """The names that an x86-64 shared library defines in a version other than GLIBC_PRIVATE."""
    with open(path, "rb") as f:
        data = f.read()
    shoff, = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    heads = [struct.unpack_from("<IIQQQQIIQQ", data, shoff + i * size) for i in range(count)]
    section = {h[1]: h for h in heads}
    dynsym, versym, at = section[DYNSYM], section[VERSYM], section[VERDEF][4]
    strings = heads[dynsym[6]][4]

    def text(off):
        return data[strings + off:data.index(b"\0", strings + off)].decode()

    private = set()
    while True:
        _, _, index, _, _, aux, following = struct.unpack_from("<HHHHIII", data, at)
        if text(struct.unpack_from("<I", data, at + aux)[0]) == "GLIBC_PRIVATE":
            private.add(index)
        if not following:
            break
        at += following
    for i in range(1, dynsym[5] // 24):
        name, _, _, shndx, _, _ = struct.unpack_from("<IBBHQQ", data, dynsym[4] + 24 * i)
        version = struct.unpack_from("<H", data, versym[4] + 2 * i)[0] & 0x7FFF
        if shndx not in (0, ABSOLUTE) and version > 1 and version not in private:
            yield text(name)


def main():
    spec = importlib.util.spec_from_file_location("wrapgen", sys.argv[1])
    wrapgen = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(wrapgen)
    if not os.path.isdir(sys.argv[2]):
        print("no guest tree: run scripts/setup")
        return SKIP
    libs = wrapgen.read_libs(sys.argv[3:])[0]
    known = {name.partition("@")[0] for lib in libs for name in lib.rows} | {name for lib in libs for name in lib.skips}
    total, missing = 0, []
    for library in LIBRARIES:
        paths = [os.path.join(d, library) for d, _, names in os.walk(sys.argv[2]) if library in names]
        names = set(exports(paths[0])) if paths else set()
        total += len(names)
        missing += ["%s of %s" % (n, library) for n in sorted(names - known)]
    print("%d public symbols, %d without a row or a reason" % (total, len(missing)))
    print("\n".join(missing))
    return bool(missing) or total < 3500


sys.exit(main())
