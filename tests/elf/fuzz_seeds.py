#!/usr/bin/env python3
"""fuzz_seeds.py OUT: small ELF files for fuzz_elf to start from.

Each is a library or program of one to two kilobytes with every table that the loader reads, in one
of the forms that linkers give them: a mutated byte hits something that matters far more often than
in a compiler's output, most of which is padding.
"""
import os
import struct
import sys

PAGE = 4096
LOAD, DYNAMIC, INTERP, TLS = 1, 2, 3, 7
GNU_STACK, GNU_RELRO = 0x6474E551, 0x6474E552
R, W, X = 4, 2, 1
NOTYPE, OBJECT, FUNC, TLSSYM, IFUNC = 0, 1, 2, 6, 10
LOCAL, GLOBAL, WEAK, UNIQUE = 0, 1, 2, 10

DT = {
    'NEEDED': 1, 'PLTRELSZ': 2, 'PLTGOT': 3, 'HASH': 4, 'STRTAB': 5, 'SYMTAB': 6, 'RELA': 7,
    'RELASZ': 8, 'RELAENT': 9, 'STRSZ': 10, 'SYMENT': 11, 'INIT': 12, 'FINI': 13, 'SONAME': 14,
    'RPATH': 15, 'SYMBOLIC': 16, 'PLTREL': 20, 'DEBUG': 21, 'TEXTREL': 22, 'JMPREL': 23,
    'BIND_NOW': 24, 'INIT_ARRAY': 25, 'FINI_ARRAY': 26, 'INIT_ARRAYSZ': 27, 'FINI_ARRAYSZ': 28,
    'RUNPATH': 29, 'FLAGS': 30, 'PREINIT_ARRAY': 32, 'PREINIT_ARRAYSZ': 33, 'RELRSZ': 35,
    'RELR': 36, 'RELRENT': 37, 'GNU_HASH': 0x6FFFFEF5, 'VERSYM': 0x6FFFFFF0,
    'FLAGS_1': 0x6FFFFFFB, 'VERDEF': 0x6FFFFFFC, 'VERDEFNUM': 0x6FFFFFFD, 'VERNEED': 0x6FFFFFFE,
    'VERNEEDNUM': 0x6FFFFFFF,
}


def align(n, to):
    return -(-n // to) * to


def gnu_hash(name):
    h = 5381
    for c in name.encode():
        h = (h * 33 + c) & 0xFFFFFFFF
    return h


def sysv_hash(name):
    h = 0
    for c in name.encode():
        h = (h << 4) + c
        h ^= (h >> 24) & 0xF0
        h &= 0x0FFFFFFF
    return h


class Strings:
    def __init__(self):
        self.data = b'\0'

    def add(self, text):
        at = self.data.find(b'\0' + text.encode() + b'\0')
        if at < 0:
            at = len(self.data) - 1
            self.data += text.encode() + b'\0'
        return at + 1


class Part:
    """Consecutive tables in memory from a start address."""

    def __init__(self, start):
        self.start = start
        self.data = b''

    def put(self, data, alignment=8):
        self.data += bytes(align(self.start + len(self.data), alignment) - self.start -
                           len(self.data))
        at = self.start + len(self.data)
        self.data += data
        return at


# name, binding, type, where (None: undefined), version index (| 0x8000: hidden)
SYMBOLS = [
    ('hidden', LOCAL, OBJECT, 0x10, 0),
    ('puts', GLOBAL, FUNC, None, 2),
    ('maybe', WEAK, NOTYPE, None, 0),
    ('their_tls', GLOBAL, TLSSYM, None, 3),
    ('environ', GLOBAL, OBJECT, None, 2),
    ('own', GLOBAL, FUNC, 0x20, 4),
    ('own', GLOBAL, FUNC, 0x28, 0x8005),
    ('data', GLOBAL, OBJECT, 0x30, 1),
    ('tls', GLOBAL, TLSSYM, 8, 4),
    ('choose', GLOBAL, IFUNC, 0x40, 5),
    ('only', UNIQUE, OBJECT, 0x48, 1),
    ('absolute', GLOBAL, NOTYPE, 'abs', 1),
]


def make_hash_order(symbols, buckets):
    """Undefined ones first, then by bucket, as the GNU hash table wants them."""
    local = [s for s in symbols if s[1] == LOCAL]
    undefined = [s for s in symbols if s[1] != LOCAL and s[3] is None]
    defined = sorted((s for s in symbols if s[1] != LOCAL and s[3] is not None),
                     key=lambda s: gnu_hash(s[0]) % buckets)
    return local + undefined + defined, 1 + len(local) + len(undefined)


def gnu_table(symbols, first, buckets, bloom_words=1, shift=6):
    bloom = [0] * bloom_words
    heads, chain = [0] * buckets, []
    names = [s[0] for s in symbols[first - 1:]]
    for i, name in enumerate(names):
        h = gnu_hash(name)
        bloom[h // 64 % bloom_words] |= 1 << h % 64 | 1 << (h >> shift) % 64
        if not heads[h % buckets]:
            heads[h % buckets] = first + i
        last = i + 1 == len(names) or gnu_hash(names[i + 1]) % buckets != h % buckets
        chain.append(h & ~1 | last)
    return (struct.pack('<4I', buckets, first, bloom_words, shift) +
            struct.pack(f'<{bloom_words}Q', *bloom) + struct.pack(f'<{buckets}I', *heads) +
            struct.pack(f'<{len(chain)}I', *chain))


def sysv_table(symbols, buckets):
    heads, chain = [0] * buckets, [0] * (len(symbols) + 1)
    for i, s in enumerate(symbols, 1):
        b = sysv_hash(s[0]) % buckets
        chain[i], heads[b] = heads[b], i
    return struct.pack(f'<{2 + buckets + len(chain)}I', buckets, len(chain), *heads, *chain)


def version_tables(strings):
    def aux(name, index, following):
        return struct.pack('<IHHII', sysv_hash(name), 0, index, strings.add(name), following)

    need = (struct.pack('<HHIII', 1, 1, strings.add('libc.so.6'), 16, 32) +
            aux('GLIBC_2.2.5', 2, 0) +
            struct.pack('<HHIII', 1, 1, strings.add('libnative.so.1'), 16, 0) + aux('N_1', 3, 0))

    def definition(name, index, flags, following):
        return (struct.pack('<HHHHIII', 1, flags, index, 1, sysv_hash(name), 20, following) +
                struct.pack('<II', strings.add(name), 0))

    define = (definition('libfuzz.so', 1, 1, 28) + definition('V_1', 4, 0, 28) +
              definition('V_2', 5, 0, 0))
    return need, define


def rela(where, kind, symbol=0, addend=0):
    return struct.pack('<QQq', where, symbol << 32 | kind, addend)


def build(base=0, exec_type=False, hashes='gnu', versions=True, relr=False, plt='lazy', tls=True,
          relro=True, interp=None, bss=0x40, textrel=False, flags=0, flags_1=0, symbolic=False,
          one_segment=False, misfit=0, needed=('libc.so.6', 'libnative.so.1'), path='RUNPATH',
          tls_kind='all', control=0, alignment=PAGE, debug=False, gnu_shift=6,
          copy_own=False):
    strings = Strings()
    buckets = 2
    symbols, first = make_hash_order(SYMBOLS, buckets)
    if hashes == 'sysv':
        first = 1
    index = {}
    for i, s in enumerate(symbols, 1):
        index.setdefault(s[0], i)
        strings.add(s[0])
    need, define = version_tables(strings)
    dyn = [(DT['NEEDED'], strings.add(n)) for n in needed]
    dyn.append((DT['SONAME'], strings.add('libfuzz.so')))
    if path:
        dyn.append((DT[path], strings.add('$ORIGIN/lib:/opt')))

    phnum = 2 + (not one_segment) + bool(tls) + bool(relro) + bool(interp) + 1
    head = Part(base + 64 + 56 * phnum)
    interp_at = head.put(interp.encode() + b'\0', 1) if interp else 0

    # The order of what follows is a linker's; addresses in the second part are known early
    # because every table in the first has a known size: two rounds.
    second = base
    for _ in range(2):
        a = Part(head.start)
        a.data = head.data
        d = list(dyn)

        def where(n):
            return second + n if isinstance(n, int) else n

        table = bytes(24)
        for name, binding, kind, at, _version in symbols:
            value = 0 if at is None else 0x1234 if at == 'abs' else at
            section = 0 if at is None else 0xFFF1 if at == 'abs' else 5
            if section == 5 and kind != TLSSYM:
                value = where(value)
            table += struct.pack('<IBBHQQ', strings.add(name), binding << 4 | kind, 0, section,
                                 value, 8)
        if hashes in ('gnu', 'both'):
            d.append((DT['GNU_HASH'], a.put(gnu_table(symbols, first, buckets, shift=gnu_shift))))
        if hashes in ('sysv', 'both'):
            d.append((DT['HASH'], a.put(sysv_table(symbols, buckets))))
        d += [(DT['SYMTAB'], a.put(table)), (DT['SYMENT'], 24)]
        if versions:
            words = struct.pack(f'<{len(symbols) + 1}H', 0, *[s[4] for s in symbols])
            d += [(DT['VERSYM'], a.put(words, 2)), (DT['VERNEED'], a.put(need, 4)),
                  (DT['VERNEEDNUM'], 2), (DT['VERDEF'], a.put(define, 4)), (DT['VERDEFNUM'], 3)]
        d += [(DT['STRTAB'], a.put(strings.data, 1)), (DT['STRSZ'], len(strings.data))]

        got = second + 0x50
        cells = iter(range(second + 0x80, second + 0x200, 8))
        relocs = [rela(next(cells), 8, 0, 0x20), rela(next(cells), 1, index['data'], 4),
                  rela(next(cells), 6, index['environ']), rela(next(cells), 6, index['own']),
                  rela(next(cells), 1, index['maybe']), rela(next(cells), 1, index['choose']),
                  rela(next(cells), 37, 0, 0x40), rela(next(cells), 24, index['own']),
                  rela(next(cells), 2, index['hidden']), rela(next(cells), 10, index['absolute']),
                  rela(next(cells), 11, index['absolute'], -1), rela(next(cells), 32, index['own']),
                  rela(next(cells), 33, index['data']), rela(next(cells), 6, index['only']),
                  rela(next(cells), 0), rela(next(cells), 38, 0, 0x10)]
        if exec_type:
            relocs.append(rela(next(cells), 5, index['environ']))
        if copy_own:
            relocs.append(rela(second + 0x14, 5, index['hidden']))
        if tls and tls_kind == 'all':
            relocs += [rela(next(cells), 16), rela(next(cells), 16, index['tls']),
                       rela(next(cells), 17, index['tls']), rela(next(cells), 18, index['tls']),
                       rela(next(cells), 36, index['tls'], 4), rela(next(cells) + 8, 36, 0, 8)]
            next(cells)
        if tls_kind == 'theirs':
            relocs += [rela(next(cells), 16, index['their_tls']),
                       rela(next(cells), 18, index['their_tls'])]
        body = b''.join(relocs)
        d += [(DT['RELA'], a.put(body)), (DT['RELASZ'], len(body)), (DT['RELAENT'], 24)]
        if plt:
            body = rela(got + 24, 7, index['puts']) + rela(got + 32, 7, index['own'])
            d += [(DT['JMPREL'], a.put(body)), (DT['PLTRELSZ'], len(body)), (DT['PLTREL'], 7),
                  (DT['PLTGOT'], got)]
        if plt == 'now':
            d.append((DT['BIND_NOW'], 0))
        if relr:
            body = struct.pack('<3Q', second + 0x10, 0x2F, second + 0x40)
            d += [(DT['RELR'], a.put(body)), (DT['RELRSZ'], len(body)), (DT['RELRENT'], 8)]
        arrays = second + 0x210
        d += [(DT['INIT'], second + 0x20), (DT['FINI'], second + 0x28),
              (DT['INIT_ARRAY'], arrays), (DT['INIT_ARRAYSZ'], 16),
              (DT['FINI_ARRAY'], arrays + 16), (DT['FINI_ARRAYSZ'], 8)]
        if exec_type or debug:
            d += [(DT['PREINIT_ARRAY'], arrays), (DT['PREINIT_ARRAYSZ'], 8), (DT['DEBUG'], 0)]
        if textrel:
            d.append((DT['TEXTREL'], 0))
        if symbolic:
            d.append((DT['SYMBOLIC'], 0))
        if flags:
            d.append((DT['FLAGS'], flags))
        if flags_1:
            d.append((DT['FLAGS_1'], flags_1))
        d.append((0, 0))
        end = align(a.start + len(a.data), 16)
        second = end if one_segment else end + PAGE

    b = Part(second)
    b.put(bytes(range(0x50)) + struct.pack('<8Q', 0, 0, 0, second, second, 0, 0, 0), 1)
    b.data += bytes(0x210 - len(b.data)) + struct.pack('<3Q', second + 0x20, 0, second + 0x28)
    tls_at = b.put(b'tls data\1\2\3\4\5\6\7\10', 16)
    body = b''.join(struct.pack('<QQ', *e) for e in d)
    dyn_at = b.put(body)

    file_a = bytes(64 + 56 * phnum) + a.data
    file_a += bytes(end - base - len(file_a))
    offset = len(file_a) + misfit
    shift = 0 if one_segment else PAGE
    if misfit:
        shift = None

    def in_file(va):
        if va < end and not one_segment:
            return va - base
        return va - base - shift if shift is not None else va - second + offset

    def ph(kind, access, va, size, memory=None, to=8):
        return struct.pack('<IIQQQQQQ', kind, access, in_file(va), va, va, size,
                           size if memory is None else memory, to)

    rows = []
    if interp:
        rows.append(ph(INTERP, R, interp_at, len(interp) + 1, to=1))
    if one_segment:
        rows.append(ph(LOAD, R | W | X, base, len(file_a) + len(b.data),
                       len(file_a) + len(b.data) + bss, alignment))
    else:
        rows.append(ph(LOAD, R | X, base, len(file_a), to=alignment))
        rows.append(ph(LOAD, R | W, second, len(b.data), len(b.data) + bss, alignment))
    rows.append(ph(DYNAMIC, R | W, dyn_at, len(body)))
    if tls:
        rows.append(ph(TLS, R, tls_at, 16, 0x30, 16))
    if relro:
        rows.append(ph(GNU_RELRO, R, second, 0x210, to=1))
    rows.append(struct.pack('<IIQQQQQQ', GNU_STACK, R | W | X * (control & 1), 0, 0, 0, 0, 0, 16))
    ident = b'\x7fELF' + bytes([2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, control])
    header = ident + struct.pack('<HHIQQQIHHHHHH', 2 if exec_type else 3, 62, 1, second + 0x20, 64,
                                 0, 0, 64, 56, len(rows), 0, 0, 0)
    image = header + b''.join(rows)
    assert len(rows) == phnum
    return image + file_a[len(image):] + bytes(misfit) + b.data


# Where fuzz_kernel.c keeps its memory: programs with fixed addresses go there.
FIXED = 0x10000000
LDSO = '/lib64/ld-linux-x86-64.so.2'

SEEDS = {
    'plain': {},
    'now': dict(plt='now', control=1),
    'noplt': dict(plt=None, relro=False),
    'long_shift': dict(gnu_shift=40),
    'sysv': dict(hashes='sysv'),
    'both': dict(hashes='both', versions=False),
    'unversioned': dict(versions=False, path=None, needed=()),
    'relr': dict(relr=True, flags_1=1),
    'textrel': dict(textrel=True, relro=False),
    'symbolic': dict(symbolic=True, flags=0x1A, path='RPATH'),
    'static_tls': dict(control=2, flags=0x10),
    'their_tls': dict(tls_kind='theirs', control=4),
    'no_tls': dict(tls=False, bss=0),
    'one_segment': dict(one_segment=True),
    'copied': dict(misfit=24),
    'big_bss': dict(bss=0x3000),
    'aligned': dict(alignment=0x10000),
    'native_needed': dict(control=4, plt='now'),
    'native_lazy': dict(control=12, hashes='both'),
    'pie': dict(interp=LDSO, flags_1=0x08000001, control=16, debug=True),
    'static_pie': dict(needed=(), control=16, debug=True),
    'musl': dict(interp='/lib/ld-musl-x86_64.so.1', control=16),
    'fixed': dict(base=FIXED, exec_type=True, interp=LDSO),
    'copy_own': dict(copy_own=True),
    'fixed_static': dict(base=FIXED, exec_type=True, needed=(), one_segment=True),
    'fixed_copied': dict(base=FIXED, exec_type=True, misfit=40, control=7, hashes='sysv'),
}


def main():
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    for name, how in SEEDS.items():
        with open(os.path.join(out, name), 'wb') as f:
            f.write(build(**how))


if __name__ == '__main__':
    main()
