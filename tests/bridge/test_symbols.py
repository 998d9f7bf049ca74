"""test_symbols.py WRAPGEN.PY TREE SIGS... - every public symbol of the guest tree's libc.so.6, libm.so.6 and their like has a row, or a
`skip` line with its reason; a row has the versions that the tree's libraries have of it.
"""
import importlib.util
import os
import re
import struct
import sys

SKIP = 77
LIBRARIES = ("libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "libresolv.so.2", "libcrypt.so.1", "libz.so.1", "libbz2.so.1.0",
             "liblzma.so.5", "libnsl.so.1")
VERDEF, VERSYM, DYNSYM, ABSOLUTE = 0x6FFFFFFD, 0x6FFFFFFF, 11, 0xFFF1


def exports(path):
    """(name, version or None, is the default) of what an x86-64 shared library defines."""
    with open(path, "rb") as f:
        data = f.read()
    shoff, = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    heads = [struct.unpack_from("<IIQQQQIIQQ", data, shoff + i * size) for i in range(count)]
    section = {h[1]: h for h in heads}
    dynsym = section[DYNSYM]
    strings = heads[dynsym[6]][4]
    versym, at = (section[VERSYM], section[VERDEF][4]) if VERDEF in section else (None, 0)

    def text(off):
        return data[strings + off:data.index(b"\0", strings + off)].decode()

    versions = {1: None} # the file's own, which is none
    while at:
        _, _, index, _, _, aux, following = struct.unpack_from("<HHHHIII", data, at)
        if index > 1:
            versions[index] = text(struct.unpack_from("<I", data, at + aux)[0])
        if not following:
            break
        at += following
    for i in range(1, dynsym[5] // 24):
        name, _, _, shndx, _, _ = struct.unpack_from("<IBBHQQ", data, dynsym[4] + 24 * i)
        version = struct.unpack_from("<H", data, versym[4] + 2 * i)[0] if versym else 1
        if shndx not in (0, ABSOLUTE) and version & 0x7FFF:
            yield text(name), versions[version & 0x7FFF], not version & 0x8000


def wrong_versions(wrapgen, lib, tree):
    """Rows whose versions are not the tree's, the default first. What is newer than the tree cannot be compared."""
    have = {}
    for path in filter(None, (find(tree, soname) for soname in lib.sonames)):
        for name, version, default in exports(path):
            have.setdefault(name, [])
            if version and version not in have[name]:
                have[name].insert(0 if default else len(have[name]), version)
    for name, row in lib.rows.items():
        rows = [version for other in lib.rows for base, _, version in [other.partition("@")] if base == name and version]
        want = [v for v in have.get(name, []) if v not in rows]
        listed = wrapgen.versions(lib, row)
        if listed is not None and (want or name not in have) and sorted(want) != sorted(listed) and not newer(wrapgen, have, listed):
            yield "%s: versions of %s are %s" % (row.where, name, ",".join(want) or "-")
        elif want and listed and want[0] != listed[0]:
            yield "%s: the default of %s is %s" % (row.where, name, want[0])


def newer(wrapgen, have, listed):
    family = re.match(r"\D*", listed[0]).group() if listed else ""
    known = [v for versions in have.values() for v in versions if re.match(family + r"\d", v)]
    return bool(known and listed) and wrapgen.version_key(listed[0]) > max(map(wrapgen.version_key, known))


def find(tree, library):
    return next((os.path.join(d, library) for d, _, names in os.walk(tree) if library in names), None)


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
        path = find(sys.argv[2], library)
        names = {name for name, version, _ in exports(path) if version != "GLIBC_PRIVATE"} if path else set()
        total += len(names)
        missing += ["%s of %s" % (n, library) for n in sorted(names - known)]
    print("%d public symbols, %d without a row or a reason" % (total, len(missing)))
    wrong = [line for lib in libs for line in wrong_versions(wrapgen, lib, sys.argv[2])]
    print("\n".join(missing + wrong))
    return bool(missing or wrong) or total < 3500


sys.exit(main())
