#!/usr/bin/env python3
"""isagen.py - the instruction table to C.

Reads isa/*.tbl (grammar: isa/FORMAT.md) and writes into one directory
  x86_ops.h     enum x86_op, X86_OP_LIST(X), X86_ROW_COUNT
  x86_rows.c    x86_rows[], names, the decoder's compact rows and its index (u16 tries, layout: decode_tab.h)
  x86_text.c    source text of every row (tests and reports only)
  coverage.json rows for docs/coverage.md
Two rows that match the same bytes in the same mode are an error with both places. Called by CMake;
tests/decode/test_isagen.py imports it.
"""
import argparse
import json
import os
import re
import sys

FLAG = {'c': 1, 'p': 4, 'a': 0x10, 'z': 0x40, 's': 0x80, 't': 0x100, 'i': 0x200, 'd': 0x400, 'o': 0x800, 'n': 0x4000}
ATTRS = ['lock', 'branch', 'cond', 'ind', 'call', 'ret', 'push', 'pop', 'd64', 'f64', 'rep', 'sse', 'avx', 'mmx', 'x87',
         'mxcsr', 'align', 'zupper', 'priv', 'stop', 'hint', 'nondet', 'approx', 'serial']
SPECIAL_ATTRS = ('m64', 'm32', 'alias')
ACCESS = {'r': 1, 'w': 2, 'rw': 3, 'xw': 6, 'rxw': 7, 'xrw': 7, 'n': 0}
LETTERS = 'VM I2 E G M R B Z I J O X Y S C D A P Q N V W U H L'.split()
SIZES = {s: s.upper() for s in 'b w d q dq qq v z y x xh xq xe bs t p s a env fsave fx xs'.split()}
SIZES[''] = 'NONE'
GPR16 = ['AX', 'CX', 'DX', 'BX', 'SP', 'BP', 'SI', 'DI']
SEGS = ['ES', 'CS', 'SS', 'DS', 'FS', 'GS']
MAPS = ['1B', '0F', '0F38', '0F3A', 'VEX_0F', 'VEX_0F38', 'VEX_0F3A']
PPS = ['ANY', 'NP', '66', 'F3', 'F2', 'NREP']
# Trie node kinds, in the order of enum x86_trie_kind (decode_tab.h): name -> number of values.
DIMS = {'pp': 4, 'reg': 8, 'mod': 2, 'rm': 8, 'w': 2, 'l': 2, 'osz': 3, 'asz': 3, 'rexb': 2}
KIND = {d: i for i, d in enumerate(DIMS)}
TRIE_UNIT, TRIE_OFF_BITS, TRIE_LEAF, TRIE_NONE = 4, 11, 0x8000, 0xffff
VEC_LETTERS = 'V W U H L VM XMM0'.split()
MMX_LETTERS = 'P Q N'.split()
MODRM_LETTERS = 'E G M R S C D P Q N V W U VM STI'.split()
REGFIELD_LETTERS = 'G S C D P V'.split()
MEM_ONLY, REG_ONLY = ('M', 'VM'), ('R', 'N', 'U', 'STI')


class TableError(Exception):
    pass


def fixed_register(name):
    """Returns (spec, size, reg) of a fixed register name, or None."""
    if name in ('ST0', 'STi', 'XMM0', 'ONE'):
        return {'ST0': ('ST0', 'T', 0), 'STi': ('STI', 'T', 0), 'XMM0': ('XMM0', 'X', 0), 'ONE': ('ONE', 'B', 0)}[name]
    if name in SEGS:
        return ('SREG', 'W', SEGS.index(name))
    if name in ('AL', 'CL', 'DL', 'BL', 'AH', 'CH', 'DH', 'BH'):
        return ('GPR', 'B', 'ACDB'.index(name[0]) + (4 if name[1] == 'H' else 0))
    for prefix, size in (('', 'W'), ('r', 'V'), ('e', 'D'), ('E', 'D'), ('R', 'Q'), ('z', 'Z')):
        if name.startswith(prefix) and name[len(prefix):] in GPR16:
            return ('GPR', size, GPR16.index(name[len(prefix):]))
    m = re.fullmatch(r'R(8|9|1[0-5])', name)
    return ('GPR', 'Q', int(m.group(1))) if m else None


class Row:
    """One parsed line. `match` maps every trie dimension to the set of values it accepts, per mode."""

    def __init__(self, where, text):
        self.where, self.text = where, text
        self.map = self.opcode = None
        self.pp, self.modrm, self.ext, self.mod = 'ANY', 'NONE', 0, 'ANY'
        self.w = self.l = -1
        self.osz = self.asz = 0
        self.plus, self.name, self.cpuid = 'NONE', None, None
        self.modes, self.attrs, self.alias = 3, set(), False
        self.opnds, self.flags = [], {'r': 0, 'w': 0, 'u': 0, '?': 0}
        self.imp_read = self.imp_write = 0
        self.hidden = []
        self.vex = self.lig = False
        tokens = text.split('#')[0].split()
        self.op = tokens[0]
        if not re.fullmatch(r'[A-Z][A-Za-z0-9]*(_[A-Z0-9]+)*', self.op):
            self.fail("bad operation name '%s'" % self.op)
        self.parse(tokens[1:])
        self.check()

    def fail(self, message):
        raise TableError('%s: %s: %s' % (self.where, self.op if hasattr(self, 'op') else '?', message))

    def parse(self, tokens):
        codes = []
        for t in tokens:
            if re.fullmatch(r'[0-9a-f]{2}(\+r|\+cc)?|0f38|0f3a', t) or t == 'np' or t == 'nrep':
                if self.opnds or self.hidden:
                    self.fail("encoding token '%s' behind operands" % t)
                codes.append(t)
            elif not (self.enc_token(t) or self.operand_token(t) or self.flag_token(t) or self.attr_token(t)):
                self.fail("unknown token '%s'" % t)
        self.set_codes(codes)

    def set_codes(self, codes):
        escape = {'0f': 1, '0f38': 2, '0f3a': 3}
        if len(codes) > 1 and codes[0] in ('np', 'nrep', '66', 'f3', 'f2'):
            if self.vex:
                self.fail('mandatory prefix of a VEX row belongs into the vex token')
            self.pp = codes.pop(0).upper()
        if not self.vex:
            self.map = 0
            if len(codes) > 1 and codes[0] in escape:
                self.map = escape[codes.pop(0)]
                if self.map == 1 and len(codes) > 1 and codes[0] in ('38', '3a') and self.modrm != 'FIXED':
                    self.map = 2 if codes.pop(0) == '38' else 3
        if len(codes) == 2 and re.fullmatch('[0-9a-f]{2}', codes[1]) and self.modrm == 'NONE':
            self.modrm, self.ext = 'FIXED', int(codes.pop(), 16)
        if len(codes) != 1:
            self.fail('need exactly one opcode byte, have: %s' % ' '.join(codes))
        m = re.fullmatch(r'([0-9a-f]{2})(\+r|\+cc)?', codes[0])
        if not m:
            self.fail("bad opcode '%s'" % codes[0])
        self.opcode = int(m.group(1), 16)
        self.plus = {None: 'NONE', '+r': 'R', '+cc': 'CC'}[m.group(2)]
        if self.plus == 'R' and self.opcode & 7 or self.plus == 'CC' and self.opcode & 15:
            self.fail('opcode with +r/+cc must have its low bits clear')

    def enc_token(self, t):
        if t == '/r':
            self.set_modrm('R', 0)
        elif re.fullmatch('/[0-7]', t):
            self.set_modrm('EXT', int(t[1]))
        elif re.fullmatch('modrm=[0-9a-f]{2}', t):
            self.set_modrm('FIXED', int(t[6:], 16))
        elif t in ('mem', 'reg'):
            self.set_mod(t.upper())
        elif t in ('w0', 'w1'):
            self.w = int(t[1])
        elif re.fullmatch('o(16|32|64)', t):
            self.osz = int(t[1:]) // 8
        elif re.fullmatch('a(16|32|64)', t):
            self.asz = int(t[1:]) // 8
        elif t.startswith('vex.'):
            self.set_vex(t)
        else:
            return False
        return True

    def set_modrm(self, kind, ext):
        if self.modrm != 'NONE':
            self.fail('two ModRM tokens')
        self.modrm, self.ext = kind, ext

    def set_mod(self, mod):
        if self.mod not in ('ANY', mod):
            self.fail('both memory-only and register-only')
        self.mod = mod

    def set_vex(self, t):
        m = re.fullmatch(r'vex\.(np|66|f3|f2)\.(0f|0f38|0f3a)\.(w0|w1|wig)(?:\.(l0|l1|lz|lig))?', t)
        if not m:
            self.fail("bad vex token '%s'" % t)
        self.vex = True
        self.pp, self.map = m.group(1).upper(), {'0f': 4, '0f38': 5, '0f3a': 6}[m.group(2)]
        self.w = {'w0': 0, 'w1': 1, 'wig': -1}[m.group(3)]
        self.l = {'l0': 0, 'lz': 0, 'l1': 1, 'lig': -1, None: -1}[m.group(4)]
        self.lig = m.group(4) == 'lig'

    def operand_token(self, t):
        if t == 'lock' or ':' not in t:
            return False
        access, what = t.split(':', 1)
        if access not in ACCESS:
            self.fail("unknown access '%s' in '%s'" % (access, t))
        if what.startswith('('):
            return self.hidden_operand(access, what)
        fixed = fixed_register(what)
        if fixed:
            spec, size, reg = fixed
        else:
            m = re.fullmatch('(%s)(%s)' % ('|'.join(LETTERS), '|'.join(sorted(SIZES, key=len, reverse=True))), what)
            if not m:
                self.fail("unknown operand '%s'" % what)
            spec, size, reg = m.group(1), SIZES[m.group(2)], 0
        if spec in ('I', 'I2', 'J', 'ONE', 'A') and ACCESS[access] & 2:
            self.fail("write access to '%s'" % what)
        if spec in MEM_ONLY:
            self.set_mod('MEM')
        self.opnds.append((spec, size, ACCESS[access], reg))
        return True

    def hidden_operand(self, access, what):
        if not what.endswith(')'):
            self.fail("unclosed '%s'" % what)
        name = what[1:-1]
        fixed = fixed_register(name)
        if not fixed and not re.fullmatch('ST[0-7]|XMM[0-7]', name):
            self.fail("hidden operand '%s' is no register" % name)
        if fixed and fixed[0] == 'GPR':
            bit = 1 << (fixed[2] & 3 if fixed[1] == 'B' else fixed[2])
            self.imp_read |= bit if ACCESS[access] & 1 else 0
            self.imp_write |= bit if ACCESS[access] & 2 else 0
        self.hidden.append((name, ACCESS[access]))
        return True

    def flag_token(self, t):
        if t == '-':
            return True
        m = re.fullmatch(r'([rwu])=([%s]+)(\??)' % ''.join(FLAG), t)
        if not m:
            return False
        bits = sum(FLAG[ch] for ch in set(m.group(2)))
        if t == 'r=cc':  # the condition's flags: any of them, x86_flags_read() tells which
            bits = sum(FLAG[ch] for ch in 'oszpc')
        self.flags[m.group(1)] |= bits
        if m.group(3):
            if m.group(1) == 'r':
                self.fail("'?' on a flag read")
            self.flags['?'] |= bits
        return True

    def attr_token(self, t):
        if t in ATTRS:
            self.attrs.add(t)
        elif t == 'm64':
            self.modes &= 1
        elif t == 'm32':
            self.modes &= 2
        elif t == 'alias':
            self.alias = True
        elif t.startswith('cpuid='):
            self.cpuid = t[6:]
        elif t.startswith('name='):
            self.name = t[5:]
        else:
            return False
        return True

    def specs(self):
        return [o[0] for o in self.opnds]

    def check(self):
        specs = self.specs()
        if len(specs) > 4:
            self.fail('more than 4 explicit operands')
        ctl = 'C' in specs or 'D' in specs  # MOV to/from CR, DR ignores ModRM.mod
        for s in specs:
            if s in REG_ONLY and not ctl:
                self.set_mod('REG')
            if s in MODRM_LETTERS and self.modrm == 'NONE':
                self.fail('operand letter %s needs /r or /digit' % s)
            if s in REGFIELD_LETTERS and self.modrm != 'R':
                self.fail('operand letter %s needs /r' % s)
            if s in ('H', 'B', 'L') and not self.vex:
                self.fail('operand letter %s in a row without VEX' % s)
        if self.modrm == 'R' and self.vex and not set(specs) & set(REGFIELD_LETTERS):
            self.fail('/r but no operand in ModRM.reg')
        if ('Z' in specs) != (self.plus == 'R'):
            self.fail('letter Z and +r belong together')
        if self.modrm == 'FIXED' and (set(specs) & set(MODRM_LETTERS) - {'STI'}):
            self.fail('operands in a fixed ModRM byte')
        for s in ('E', 'M', 'G', 'J', 'I', 'I2', 'H', 'B', 'L', 'VM'):
            if specs.count(s) > 1:
                self.fail('letter %s twice' % s)
        if self.flags['w'] & self.flags['u']:
            self.fail('flags both written and undefined')
        if 'J' in specs:
            self.attrs.add('f64')
        if not self.modes:
            self.fail('valid in no mode')
        if 'lock' in self.attrs and not set(specs) & {'E', 'M'}:
            self.fail('lock without a memory operand')

    # -- matching ---------------------------------------------------------------------------------------------
    def opcodes(self):
        n = {'NONE': 1, 'R': 8, 'CC': 16}[self.plus]
        return range(self.opcode, self.opcode + n)

    def match(self, mode):
        """dimension -> frozenset of accepted selector values, or None when the row can never match."""
        full = universe(self.vex, mode)
        m = dict(full)
        if self.pp in ('NP', '66', 'F3', 'F2'):
            m['pp'] = {['NP', '66', 'F3', 'F2'].index(self.pp)}
        elif self.pp == 'NREP':
            m['pp'] = {0, 1}
        if self.modrm == 'EXT':
            m['reg'] = {self.ext}
        elif self.modrm == 'FIXED':
            m['reg'], m['rm'] = {self.ext >> 3 & 7}, {self.ext & 7}
            m['mod'] = {1 if self.ext >> 6 == 3 else 0}
        if self.mod != 'ANY':
            m['mod'] = {1 if self.mod == 'REG' else 0}
        if self.w >= 0 and not (mode == 32 and self.vex and self.w == 0 and self.w_is_gpr_width()):
            m['w'] = {self.w}
        if self.l >= 0:
            m['l'] = {self.l}
        if self.osz:
            m['osz'] = {i for i in full['osz'] if self.effective_osz(i, mode) == self.osz}
        if self.asz:
            m['asz'] = {i for i in full['asz'] if (2, 4, 8)[i] == self.asz}
        m = {d: frozenset(m[d]) & full[d] for d in DIMS}
        return None if any(not v for v in m.values()) else m

    def w_is_gpr_width(self):
        """VEX.W is ignored outside 64-bit mode where it only chooses the width of a general register."""
        return any(s in ('E', 'G', 'R', 'B', 'M') and z in ('D', 'Y') and s != 'M' for s, z, _, _ in self.opnds)

    def effective_osz(self, sel, mode):
        if mode == 64 and 'f64' in self.attrs:
            return 8
        if mode == 64 and 'd64' in self.attrs and sel == 1:
            return 8
        return (2, 4, 8)[sel]

    # -- facts for the decoder --------------------------------------------------------------------------------
    def opsz_rule(self):
        if self.is_byte():
            return 'BYTE'
        if 'f64' in self.attrs:
            return 'F64'
        if 'd64' in self.attrs:
            return 'D64'
        return 'NO66' if self.pp == '66' or self.vex else 'V'

    def is_byte(self):
        data = [o for o in self.opnds if o[0] in ('E', 'G', 'M', 'R', 'Z', 'GPR', 'X', 'Y', 'O', 'B') and
                not (o[0] == 'GPR' and o[3] == 2 and o[1] == 'W')]
        return bool(data) and all(o[1] == 'B' for o in data) and not set(self.specs()) & set(VEC_LETTERS + MMX_LETTERS)

    def vl_rule(self):
        if self.vex:
            return '16' if self.lig else 'VEX'
        if set(self.specs()) & set(VEC_LETTERS):
            return '16'
        return '8' if set(self.specs()) & set(MMX_LETTERS) else '0'

    def imm_rule(self):
        """Kinds of immediate bytes in their order in the instruction."""
        for spec, size, _, _ in self.opnds:
            if spec == 'L':
                return 'IS4'
            if spec == 'O':
                return 'MOFFS'
            if spec == 'A':
                return 'FAR'
            if spec == 'J':
                return {'B': 'JB', 'Z': 'JZ'}.get(size) or self.fail('bad size of J')
            if spec == 'I':
                two = 'I2' in self.specs()
                kind = {'B': 'B', 'BS': 'BS', 'W': 'W', 'Z': 'Z', 'V': 'V', 'D': 'D'}.get(size)
                if not kind or two and kind not in ('B', 'W'):
                    self.fail('bad size of the immediate')
                return kind + ('2' if two else '')
        return 'FOP' if 'x87' in self.attrs and self.modrm != 'NONE' else 'NONE'


def universe(vex, mode):
    full = {d: frozenset(range(n)) for d, n in DIMS.items()}
    if mode == 32:
        full['rexb'] = full['rexb'] if vex else frozenset({0})
        full['w'] = full['w'] if vex else frozenset({0})
        full['osz'] = frozenset({0, 1})
        full['asz'] = frozenset({0, 1})
    else:
        full['asz'] = frozenset({1, 2})
    if not vex:
        full['l'] = frozenset({0})
    return full


class Trie:
    """Index of one (mode, map): for every opcode a u16 entry, shared subtrees stored once."""

    def __init__(self):
        self.words = [TRIE_NONE] * TRIE_UNIT  # offset 0 stays unused
        self.seen = {}

    def table(self, kind, children):
        key = (kind, tuple(children))
        if key not in self.seen:
            while len(self.words) % TRIE_UNIT:
                self.words.append(TRIE_NONE)
            off = len(self.words) // TRIE_UNIT
            if off >> TRIE_OFF_BITS:
                raise TableError('decode index too large')
            self.words.extend(children)
            self.seen[key] = kind << TRIE_OFF_BITS | off
        return self.seen[key]

    def build(self, cands, full):
        """cands: list of (row, match); full: values possible here. Returns the entry."""
        cands = [(r, m) for r, m in cands if all(m[d] & full[d] for d in DIMS)]
        if not cands:
            return TRIE_NONE
        open_dims = [d for d in DIMS if any(not full[d] <= m[d] for _, m in cands)]
        if not open_dims:
            return TRIE_LEAF | self.winner(cands).index
        best = None
        for d in open_dims:
            cost = sum(1 for v in full[d] for _, m in cands if v in m[d]) / len(full[d])
            if best is None or cost < best[0]:
                best = (cost, d)
        d = best[1]
        children = []
        for v in range(DIMS[d]):
            if v not in full[d]:
                children.append(TRIE_NONE)
                continue
            sub = dict(full)
            sub[d] = frozenset({v})
            children.append(self.build([(r, m) for r, m in cands if v in m[d]], sub))
        if len({children[v] for v in full[d]}) == 1:
            return children[min(full[d])]
        return self.table(KIND[d], children)

    @staticmethod
    def winner(cands):
        """All candidates match everywhere here. The more specific one wins: a mandatory prefix over none, a
        fixed ModRM byte over /digit over /r; a row that is more specific in one way only is an error."""
        def rank(r):
            return (r.pp != 'ANY', ['NONE', 'R', 'EXT', 'FIXED'].index(r.modrm))
        rows = [r for r, _ in cands]
        for r in rows:
            if all(r is o or rank(r) != rank(o) and all(x >= y for x, y in zip(rank(r), rank(o))) for o in rows):
                return r
        a, b = sorted(rows, key=lambda r: r.index)[:2]
        raise TableError('%s: %s matches the same bytes as %s (%s)' % (b.where, b.op, a.op, a.where))


def cell_candidates(rows, opcode, mode):
    """Rows of one opcode with their matches; an exact opcode beats a `+r` row unless REX.B is set (NOP and
    PAUSE against XCHG)."""
    cands = [(r, r.match(mode)) for r in rows if opcode in r.opcodes() and r.modes & (1 if mode == 64 else 2)]
    cands = [(r, m) for r, m in cands if m]
    exact = [r for r, _ in cands if r.plus == 'NONE']
    if exact and any(r.plus == 'R' for r, _ in cands):
        for r, m in cands:
            m['rexb'] = m['rexb'] & frozenset({1 if r.plus == 'R' else 0})
    return [(r, m) for r, m in cands if m['rexb']]


def build_index(rows):
    """Returns (trie words, roots[mode][map][opcode])."""
    trie, roots, errors = Trie(), [], []
    for mode in (64, 32):
        maps = []
        for mp in range(len(MAPS)):
            here = [r for r in rows if r.map == mp]
            cells = []
            for opcode in range(256):
                try:
                    cells.append(trie.build(cell_candidates(here, opcode, mode), universe(mp >= 4, mode)))
                except TableError as e:
                    errors.append(str(e))
                    cells.append(TRIE_NONE)
            maps.append(cells)
        roots.append(maps)
    if errors:
        raise TableError('\n'.join(sorted(set(errors))))
    return trie.words, roots


def read_features(path):
    """Names of cpuid.def, or None while the file does not exist."""
    if not path or not os.path.exists(path):
        return None
    with open(path, encoding='utf-8') as f:
        return set(re.findall(r'^\s*X86_CPUID_FEATURE\(\s*(\w+)', f.read(), re.M))


def load(paths, cpuid=None):
    rows, errors = [], []
    for path in sorted(paths):
        label = os.path.basename(path)
        with open(path, encoding='utf-8') as f:
            for number, line in enumerate(f, 1):
                if not line.split('#')[0].strip():
                    continue
                try:
                    row = Row('%s:%d' % (label, number), line.rstrip('\n'))
                except TableError as e:
                    errors.append(str(e))
                    continue
                row.file, row.line, row.index = label, number, len(rows)
                if cpuid is not None and row.cpuid and row.cpuid not in cpuid:
                    errors.append('%s: %s: unknown cpuid feature %s' % (row.where, row.op, row.cpuid))
                rows.append(row)
    if errors:
        raise TableError('\n'.join(errors))
    if len(rows) >= 0x7fff:
        raise TableError('too many rows for the index')
    return rows


def ops_of(rows):
    return list(dict.fromkeys(r.op for r in rows))


# -- output ---------------------------------------------------------------------------------------------------
HEAD = '/* Generated by engine/x86/isagen.py from engine/x86/isa. Do not edit. */\n'


def emit_ops(rows):
    ops = ops_of(rows)
    out = [HEAD, '#ifndef X86_OPS_H\n#define X86_OPS_H\n\n']
    out.append('#define X86_OP_LIST(X) \\\n' + ''.join('    X(%s) \\\n' % o for o in ops) + '\n')
    out.append('enum x86_op {\n' + ''.join('    X86_%s,\n' % o for o in ops) + '    X86_OP_COUNT\n};\n\n')
    out.append('#define X86_ROW_COUNT %d\n\n#endif\n' % len(rows))
    return ''.join(out)


def c_row(r, files, have_features):
    mask = ' | '.join('X86_ATTR_' + a.upper() for a in ATTRS if a in r.attrs) or '0'
    opnds = ', '.join('{X86_SPEC_%s, X86_SZ_%s, %d, %d}' % o for o in r.opnds) or '{0, 0, 0, 0}'
    feature = 'X86_FEAT_' + r.cpuid if r.cpuid and have_features else '0'
    f = r.flags
    return ('    {X86_%s, X86_MAP_%s, 0x%02x, X86_PP_%s, X86_MODRM_%s, 0x%x, X86_MOD_%s, %d, %d, %d, %d, %d,\n'
            '     X86_PLUS_%s, %d, %s, {%s},\n     0x%x, 0x%x, 0x%x, 0x%x, 0x%x, 0x%x, %s, %d << 16 | %d},\n' %
            (r.op, MAPS[r.map], r.opcode, r.pp, r.modrm, r.ext, r.mod, r.w, r.l, r.osz, r.asz, r.modes,
             r.plus, len(r.opnds), feature, opnds, f['r'], f['w'], f['u'], f['?'], r.imp_read, r.imp_write, mask,
             files.index(r.file), r.line))


# Operand letter -> (record kind, register source, mask) for the decoder.
DEC_OPND = {
    'E': ('GPR', 'RM', 15), 'G': ('GPR', 'REG', 15), 'R': ('GPR', 'RM', 15), 'B': ('GPR', 'VVVV', 15),
    'Z': ('GPR', 'OPCODE', 15), 'S': ('SREG', 'REG', 7), 'C': ('CREG', 'REG', 15), 'D': ('DREG', 'REG', 15),
    'P': ('MMX', 'REG', 7), 'Q': ('MMX', 'RM', 7), 'N': ('MMX', 'RM', 7), 'V': ('VEC', 'REG', 15),
    'W': ('VEC', 'RM', 15), 'U': ('VEC', 'RM', 15), 'H': ('VEC', 'VVVV', 15), 'L': ('VEC', 'IS4', 15),
    'STI': ('ST', 'RM', 7)}
DEC_OPND.update({s: (kind, 'NONE', 0) for s, kind in (
    ('GPR', 'GPR'), ('M', 'MEM'), ('VM', 'MEM'), ('O', 'MEM'), ('I', 'IMM'), ('I2', 'IMM'), ('ONE', 'IMM'),
    ('J', 'REL'), ('A', 'FAR'), ('X', 'SI'), ('Y', 'DI'), ('SREG', 'SREG'), ('XMM0', 'VEC'), ('ST0', 'ST'))})


# log2 of the operand size without prefix, with 66, with REX.W, with both.
OPSZ64 = {'V': (2, 1, 3, 3), 'BYTE': (0, 0, 0, 0), 'NO66': (2, 2, 3, 3), 'D64': (3, 1, 3, 3), 'F64': (3, 3, 3, 3)}
OPSZ32 = {'V': (2, 1, 2, 2), 'BYTE': (0, 0, 0, 0), 'NO66': (2, 2, 2, 2), 'D64': (2, 1, 2, 2), 'F64': (2, 1, 2, 2)}
# Immediate bytes for operand sizes 1 2 4 8; MOFFS goes by the address size.
IMM_LEN = {'NONE': (0,) * 4, 'FOP': (0,) * 4, 'B': (1,) * 4, 'BS': (1,) * 4, 'W': (2,) * 4, 'D': (4,) * 4,
           'Z': (4, 2, 4, 4), 'V': (1, 2, 4, 8), 'B2': (2,) * 4, 'W2': (3,) * 4, 'IS4': (1,) * 4, 'JB': (1,) * 4,
           'JZ': (4, 2, 4, 4), 'MOFFS': (0,) * 4, 'FAR': (6, 4, 6, 6)}


def nibbles(values):
    return sum(v << 4 * i for i, v in enumerate(values))


def c_dec_opnd(o):
    kind, src, mask = DEC_OPND[o[0]]
    if kind == 'GPR' and o[1] == 'B':
        kind += ' | X86_DEC_BYTE_REG'
    src = 'X86_SRC_' + src + (' | X86_SRC_RM_OR_MEM' if o[0] in ('E', 'W', 'Q') else '')
    # An Iz immediate is sign-extended to the whole operand: its size is the operand's.
    size = 'V' if o[:2] == ('I', 'Z') else o[1]
    return '{X86_OPK_%s, %s, %d, %d, X86_SZ_%s * 16}' % (kind, src, mask, 1 if o[0] == 'I2' else o[3], size)


def c_dec(r):
    specs, flags = set(r.specs()), []
    if r.modrm != 'NONE':
        flags.append('X86_DEC_MODRM')
    if 'lock' in r.attrs:
        flags.append('X86_DEC_LOCK')
    if r.vex and not specs & {'H', 'B'}:
        flags.append('X86_DEC_NOVVVV')
    if 'VM' in specs:
        flags.append('X86_DEC_VSIB')
    if specs & {'C', 'D'}:
        flags.append('X86_DEC_REGONLY')
    if specs & {'C', 'D', 'S', 'ONE'}:
        flags.append('X86_DEC_SPECIAL')
    if r.pp in ('F3', 'F2') and not r.vex:
        flags.append('X86_DEC_MANDREP')
    opnds = ', '.join(c_dec_opnd(o) for o in r.opnds) or '{0, 0, 0, 0, 0}'
    rule, imm = r.opsz_rule(), r.imm_rule()
    return ('    {X86_%s, %s, 0x%04x, 0x%04x, 0x%04x, X86_IMM_%s, X86_VL_%s, %d, %d, {%s}},\n' %
            (r.op, ' | '.join(flags) or '0', nibbles(OPSZ64[rule]), nibbles(OPSZ32[rule]), nibbles(IMM_LEN[imm]),
             imm, r.vl_rule(), len(r.opnds), 15 if r.plus == 'CC' else 0, opnds))


def c_words(name, dims, words):
    body = ''.join('    ' + ', '.join('0x%04x' % w for w in words[i:i + 16]) + ',\n' for i in range(0, len(words), 16))
    return 'const u16 %s%s = {\n%s};\n' % (name, dims, body)


def c_string(text):
    return '"%s"' % text.replace('\\', '\\\\').replace('"', '\\"')


def emit_rows(rows, words, roots, have_features):
    files = list(dict.fromkeys(r.file for r in rows))
    out = [HEAD, '#include "x86/rows.h"\n#include "x86/decode_tab.h"\n']
    if have_features:
        out.append('#include "x86/cpuid.h"\n')
    n = max(len(rows), 1)
    out += ['\nconst struct x86_row x86_rows[%d] = {\n' % n] + [c_row(r, files, have_features) for r in rows] + ['};\n']
    out += ['\nconst struct x86_dec x86_dec[%d] = {\n' % n] + [c_dec(r) for r in rows] + ['};\n']
    out.append('\nconst char *const x86_op_names[X86_OP_COUNT + 1] = {\n' +
               ''.join('    %s,\n' % c_string(o.split('_')[0].lower()) for o in ops_of(rows)) + '    "?",\n};\n')
    names = ['    [%d] = %s,\n' % (r.index, c_string(r.name)) for r in rows if r.name] or ['    0,\n']
    out.append('\nconst char *const x86_row_names[%d] = {\n' % n + ''.join(names) + '};\n')
    out.append('\n' + c_words('x86_trie', '[%d]' % len(words), words))
    flat = [w for mode in roots for mp in mode for w in mp]
    out.append('\n' + c_words('x86_roots', '[2 * X86_MAP_COUNT * 256]', flat))
    return ''.join(out)


def squeeze(r):
    return ' '.join(r.text.split('#')[0].split())


def emit_text(rows):
    n = max(len(rows), 1)
    out = [HEAD, '#include "x86/rows.h"\n#include "x86/decode_tab.h"\n']
    for name, text in (('text', squeeze), ('where', lambda r: r.where)):
        out.append('\nconst char *const x86_row_%s[%d] = {\n' % (name, n))
        out += ['    %s,\n' % c_string(text(r)) for r in rows] + ['};\n']
    return ''.join(out)


def write_if_changed(path, text):
    try:
        with open(path, encoding='utf-8') as f:
            if f.read() == text:
                return
    except OSError:
        pass
    with open(path + '.tmp', 'w', encoding='utf-8') as f:
        f.write(text)
    os.replace(path + '.tmp', path)


def coverage(rows):
    return [{'row': r.index, 'op': r.op, 'where': r.where, 'file': r.file, 'text': squeeze(r),
             'cpuid': r.cpuid or '', 'modes': r.modes, 'attrs': sorted(r.attrs)} for r in rows]


def main(argv):
    p = argparse.ArgumentParser(description='instruction table to C')
    p.add_argument('--out', required=True, help='directory for the generated files')
    p.add_argument('--cpuid', help='cpuid.def, whose names cpuid= may use')
    p.add_argument('tables', nargs='*')
    args = p.parse_args(argv)
    features = read_features(args.cpuid)
    try:
        rows = load(args.tables, features)
        words, roots = build_index(rows)
    except TableError as e:
        print(e, file=sys.stderr)
        return 1
    os.makedirs(args.out, exist_ok=True)
    write_if_changed(os.path.join(args.out, 'x86_ops.h'), emit_ops(rows))
    write_if_changed(os.path.join(args.out, 'x86_rows.c'), emit_rows(rows, words, roots, features is not None))
    write_if_changed(os.path.join(args.out, 'x86_text.c'), emit_text(rows))
    write_if_changed(os.path.join(args.out, 'coverage.json'), json.dumps(coverage(rows), indent=0) + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
