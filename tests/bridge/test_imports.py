"""test_imports.py WRAPGEN.PY TREE SIGS... - every public glibc symbol that a program or library of the guest tree imports has a row.
"""
import importlib.util
import os
import struct
import sys

SKIP = 77
SERVED = ("libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1", "libresolv.so.2",
          "libcrypt.so.1")
# glibc's own files may import what is private to it.
OWN = ("libnss_", "libc.so", "libm.so", "ld-linux", "libpthread", "libBroken", "libmemusage", "libpcprofile", "libc_malloc", "libthread_db",
       "libanl", "libresolv", "libmvec", "libnsl.so.1", "librt", "libdl", "libutil")


def imports(path):
    """(symbol, version, library) of the undefined versioned symbols of an x86-64 ELF file."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:5] != b"\x7fELF\x02" or struct.unpack_from("<H", data, 18)[0] != 62:
        return
    shoff, = struct.unpack_from("<Q", data, 40)
    shentsize, shnum = struct.unpack_from("<HH", data, 58)
    heads = [struct.unpack_from("<IIQQQQIIQQ", data, shoff + i * shentsize) for i in range(shnum)]
    by_type = {h[1]: h for h in heads}
    if 11 not in by_type or 0x6FFFFFFF not in by_type or 0x6FFFFFFE not in by_type:
        return
    dynsym, versym, verneed = by_type[11], by_type[0x6FFFFFFF], by_type[0x6FFFFFFE]
    strings = heads[dynsym[6]][4]

    def text(off):
        return data[strings + off:data.index(b"\0", strings + off)].decode()

    versions, at = {}, verneed[4]
    while True:
        _, count, file_, aux, nxt = struct.unpack_from("<HHIII", data, at)
        a = at + aux
        for _ in range(count):
            _, _, other, name, next_aux = struct.unpack_from("<IHHII", data, a)
            versions[other] = (text(name), text(file_))
            a += next_aux
        if not nxt:
            break
        at += nxt
    for i in range(1, dynsym[5] // 24):
        name, _, _, shndx, _, _ = struct.unpack_from("<IBBHQQ", data, dynsym[4] + 24 * i)
        version, = struct.unpack_from("<H", data, versym[4] + 2 * i)
        if not shndx and version & 0x7FFF in versions:
            yield (text(name),) + versions[version & 0x7FFF]


def main():
    spec = importlib.util.spec_from_file_location("wrapgen", sys.argv[1])
    wrapgen = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(wrapgen)
    tree = sys.argv[2]
    if not os.path.isdir(tree):
        print("no guest tree: run scripts/setup")
        return SKIP
    rows = {name.partition("@")[0] for lib in wrapgen.read_libs(sys.argv[3:])[0] for name in lib.rows}
    files = wanted = 0
    missing = set()
    for folder, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path) or name.startswith(OWN):
                continue
            seen = [i for i in imports(path) if i[2] in SERVED and i[1] != "GLIBC_PRIVATE"]
            files += bool(seen)
            wanted += len(seen)
            missing |= {i for i in seen if i[0] not in rows}
    print("%d files import %d symbols, %d of them without a row" % (files, wanted, len(missing)))
    for i in sorted(missing):
        print("%s@%s of %s" % i)
    return bool(missing) or wanted < 1000


sys.exit(main())
