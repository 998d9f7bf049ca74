#!/usr/bin/env python3
"""test_isagen.py - unit test of isagen.py: grammar, errors with their place, overlaps, index contents."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'engine', 'x86'))
import isagen  # noqa: E402


def load(text, cpuid=None):
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, 't.tbl')
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        return isagen.load([path], cpuid)


def index(text):
    rows = load(text)
    return rows, isagen.build_index(rows)


def lookup(built, mode, mp, opcode, **sel):
    """Walks the index as the decoder does; returns the row or None."""
    rows, (words, roots) = built
    entry = roots[0 if mode == 64 else 1][mp][opcode]
    dims = list(isagen.DIMS)
    while not entry & isagen.TRIE_LEAF:
        dim = dims[entry >> isagen.TRIE_OFF_BITS]
        off = (entry & ((1 << isagen.TRIE_OFF_BITS) - 1)) * isagen.TRIE_UNIT
        entry = words[off + sel.get(dim, 1 if dim in ('osz', 'asz') else 0)]
    return None if entry == isagen.TRIE_NONE else rows[entry & 0x7fff]


class Grammar(unittest.TestCase):
    def test_fields(self):
        r = load('ADC 83 /2 rw:Ev r:Ibs r=c w=oszapc lock # text\n')[0]
        self.assertEqual((r.op, r.opcode, r.modrm, r.ext), ('ADC', 0x83, 'EXT', 2))
        self.assertEqual(r.opnds, [('E', 'V', 3, 0), ('I', 'BS', 1, 0)])
        self.assertEqual((r.flags['r'], r.flags['w']), (1, 0x8d5))
        self.assertEqual(r.attrs, {'lock'})

    def test_conditional_flags(self):
        r = load('SHL d3 /4 rw:Ev r:CL w=szpc? u=oa?\n')[0]
        self.assertEqual((r.flags['w'], r.flags['u'], r.flags['?']), (0xc5, 0x810, 0x8d5))

    def test_vex(self):
        r = load('VADDPS vex.np.0f.wig 58 /r w:Vx r:Hx r:Wx - avx mxcsr zupper\n')[0]
        self.assertEqual((r.map, r.pp, r.w, r.l), (4, 'NP', -1, -1))
        self.assertEqual(load('VADDSS vex.f3.0f.wig.lig 58 /r w:Vdq r:Hdq r:Wd - avx\n')[0].vl_rule(), '16')

    def test_hidden_operands(self):
        r = load('MUL f7 /4 r:Ev rw:(rAX) w:(rDX) w=oc u=szap\n')[0]
        self.assertEqual((r.imp_read, r.imp_write, len(r.opnds)), (1, 5, 1))

    def test_prefix_bytes_as_opcodes(self):
        self.assertEqual(load('PSLLD np 0f f2 /r rw:Pq r:Qq - mmx\n')[0].opcode, 0xf2)
        r = load('PAUSE f3 90 - hint\n')[0]
        self.assertEqual((r.pp, r.opcode), ('F3', 0x90))

    def test_byte_rows(self):
        self.assertEqual(load('MOV 88 /r w:Eb r:Gb -\n')[0].opsz_rule(), 'BYTE')
        self.assertEqual(load('MOVZX 0f b6 /r w:Gv r:Eb -\n')[0].opsz_rule(), 'V')


class Errors(unittest.TestCase):
    def check(self, text, message, cpuid=None):
        with self.assertRaises(isagen.TableError) as e:
            isagen.build_index(load(text, cpuid))
        self.assertIn(message, str(e.exception))

    def test_unknown_token(self):
        self.check('\n\nADD 00 /r rw:Eb r:Gb bogus\n', "t.tbl:3: ADD: unknown token 'bogus'")

    def test_operands(self):
        self.check('ADD 00 /r Eb\n', 'unknown token')
        self.check('ADD 00 /r q:Eb\n', 'unknown access')
        self.check('ADD 00 /r rw:Kb\n', 'unknown operand')
        self.check('ADD 00 rw:Eb\n', 'needs /r or /digit')
        self.check('ADD 00 /0 rw:Eb r:Gb\n', 'needs /r')
        self.check('ADD 00 /r r:Gb w:Ib\n', 'write access')
        self.check('MUL f7 /4 r:Ev rw:(rZX)\n', 'is no register')
        self.check('MUL f7 /4 r:Ev rw:(rAX\n', 'unclosed')
        self.check('ADD 00 /r r:Gb r:Eb r:Ib r:CL r:AL\n', 'more than 4')
        self.check('ADD 00 /r r:Hx r:Wx\n', 'without VEX')
        self.check('ADD 00 /r mem r:Ux\n', 'both memory-only')

    def test_flags(self):
        self.check('ADD 00 /r rw:Eb r:Gb w=oszapc u=a\n', 'both written and undefined')

    def test_cpuid(self):
        self.check('ANDN vex.np.0f38.wig.l0 f2 /r w:Gy r:By r:Ey cpuid=BMI9\n',
                   't.tbl:1: ANDN: unknown cpuid feature BMI9', {'BMI1'})

    def test_overlap(self):
        self.check('ADD 00 /r rw:Eb r:Gb\nOR 00 /r rw:Eb r:Gb\n', 't.tbl:2: OR matches the same bytes as ADD (t.tbl:1)')
        self.check('ADD 00 /3 mem rw:Eb\nOR 00 /3 rw:Eb\n', 'same bytes')
        self.check('INC 40+r rw:Zv\nADD 42+cc r:Jb\n', 'low bits')
        self.check('A vex.66.0f.w0 10 /r w:Vx r:Wx\nB vex.66.0f.wig 10 /r w:Vx r:Wx\n', 'same bytes')

    def test_no_overlap_across_modes(self):
        rows, _ = index('A 06 - m64\nB 06 - m32\n')
        self.assertEqual(len(rows), 2)


class Index(unittest.TestCase):
    def test_mandatory_prefixes(self):
        b = index('A np 0f 58 /r rw:Vx r:Wx\nB 66 0f 58 /r rw:Vx r:Wx\nC f3 0f 58 /r rw:Vd r:Wd\n')
        self.assertEqual([getattr(lookup(b, 64, 1, 0x58, pp=p), 'op', None) for p in range(4)], ['A', 'B', 'C', None])

    def test_prefix_beats_none(self):
        b = index('BSF 0f bc /r w:Gv r:Ev\nTZCNT f3 0f bc /r w:Gv r:Ev\n')
        self.assertEqual([lookup(b, 64, 1, 0xbc, pp=p).op for p in range(4)], ['BSF', 'BSF', 'TZCNT', 'BSF'])

    def test_fixed_modrm_beats_digit(self):
        b = index('A 0f 01 /7 w:Ew\nB 0f 01 modrm=f8\n')
        self.assertEqual(lookup(b, 64, 1, 1, reg=7, mod=1, rm=0).op, 'B')
        self.assertEqual(lookup(b, 64, 1, 1, reg=7, mod=1, rm=1).op, 'A')
        self.assertIsNone(lookup(b, 64, 1, 1, reg=6, mod=1, rm=1))

    def test_exact_beats_plus_r(self):
        b = index('XCHG 90+r rw:Zv rw:rAX\nNOP 90\n')
        self.assertEqual(lookup(b, 64, 0, 0x90, rexb=0).op, 'NOP')
        self.assertEqual(lookup(b, 64, 0, 0x90, rexb=1).op, 'XCHG')
        self.assertEqual(lookup(b, 32, 0, 0x91).op, 'XCHG')

    def test_operand_size(self):
        b = index('A 98 o16\nB 98 o32\nC 98 o64\n')
        self.assertEqual([lookup(b, 64, 0, 0x98, osz=i).op for i in range(3)], ['A', 'B', 'C'])
        b = index('PUSHF 9c o16 d64\nPUSHFQ 9c o64 d64\n')
        self.assertEqual([lookup(b, 64, 0, 0x9c, osz=i).op for i in range(3)], ['PUSHF', 'PUSHFQ', 'PUSHFQ'])


if __name__ == '__main__':
    unittest.main()
