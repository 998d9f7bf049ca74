#!/usr/bin/env python3
"""wrapgen.py - makes the wrapped-library code from .sigs files (grammar: SIGNATURES.md).

  wrapgen.py gen OUTDIR FILE.sigs...          thunks, callback handlers, tables: wrapped*.c, wrapped*.h
  wrapgen.py check OUT.c CC FILE.sigs...      unit that compares each row with the prototype in the real headers
  wrapgen.py page FILE.sigs...                the page of all names, to stdout
  wrapgen.py coverage FILE.sigs...            its part of docs/coverage.md

A bad line ends the run with FILE:LINE: message, status 1. Standard library only; output depends on nothing but the input.
"""
import os
import re
import subprocess
import sys


class Bad(Exception):
    """A line that says something impossible; str() is FILE:LINE: message."""


# ---- types -----------------------------------------------------------------------------------

# letter: (C type, size, ABI class)
SCALARS = {
    "b": ("i8", 1, "int"), "ub": ("u8", 1, "int"), "h": ("i16", 2, "int"), "uh": ("u16", 2, "int"),
    "i": ("i32", 4, "int"), "ui": ("u32", 4, "int"), "l": ("i64", 8, "int"), "ul": ("u64", 8, "int"),
    "p": ("void *", 8, "int"), "s": ("const char *", 8, "int"),
    "f": ("float", 4, "sse"), "d": ("double", 8, "sse"), "q": ("br_f128", 16, "sse"),
    "D": ("long double", 16, "x87"),
    "cf": ("float _Complex", 8, "sse"), "cd": ("double _Complex", 16, "sse2"), "cD": ("long double _Complex", 32, "x87c"),
}
VA_KINDS = {"printf": "BR_VA_PRINTF", "wprintf": "BR_VA_WPRINTF", "scanf": "BR_VA_SCANF", "wscanf": "BR_VA_WSCANF"}


class Type:
    """kind: scalar letter, 'v', 'S', 'cb', 'o:D', 'va', '...'."""

    def __init__(self, kind, text, arg=None):
        self.kind, self.text, self.arg = kind, text, arg

    def key(self):
        """The same key means the same code in a thunk."""
        if self.kind in ("p", "s"):
            return "p"
        if self.kind in ("ui", "ul"):
            return self.kind[1]
        if self.kind == "S":
            return "S" + "".join(t.key() for t in self.arg) + "E"
        if self.kind == "cb":
            return "cb_" + self.arg + "_"
        return {"o:D": "oD", "...": "V"}.get(self.kind, self.kind)

    def c(self):
        if self.kind == "v":
            return "void"
        if self.kind == "S":
            return "struct br_" + self.key()
        if self.kind in ("cb", "o:D"):
            return "void *"
        if self.kind == "va":
            return "struct guest_va_list *"
        return SCALARS[self.kind][0]

    def is_pointer(self):
        return self.kind in ("p", "s", "cb", "o:D", "va")

    def layout(self):
        """Struct: (size, align, class of each eightbyte or None for MEMORY)."""
        off, align, parts = 0, 1, []
        for t in self.arg:
            if t.kind == "S":
                size, a, _ = t.layout()
            else:
                size = SCALARS[t.kind][1]
                a = min(size, 16)
            off = (off + a - 1) // a * a
            parts += [(off + o, cl) for o, cl in t.flat()]
            off += size
            align = max(align, a)
        size = (off + align - 1) // align * align
        if size > 16 or any(cl == "x87" for _, cl in parts):
            return size, align, None
        words = []
        for w in range((size + 7) // 8):
            classes = {cl for o, cl in parts if o // 8 == w}
            words.append("int" if "int" in classes else "sse")
        return size, align, words

    def flat(self):
        if self.kind != "S":
            return [(0, SCALARS[self.kind][2])]
        out, off = [], 0
        for t in self.arg:
            size, a = (t.layout()[:2] if t.kind == "S" else (SCALARS[t.kind][1], min(SCALARS[t.kind][1], 16)))
            off = (off + a - 1) // a * a
            out += [(off + o, cl) for o, cl in t.flat()]
            off += size
        return out


class Signature:
    def __init__(self, ret, args, text):
        self.ret, self.args, self.text = ret, args, text

    def key(self):
        return self.ret.key() + "_" + "_".join(a.key() for a in self.args)

    def variadic(self):
        return bool(self.args) and self.args[-1].kind in ("...", "va")


class Reader:
    """Recursive descent over one signature."""

    def __init__(self, text):
        self.text, self.at = text, 0

    def fail(self, what):
        raise ValueError("%s at '%s'" % (what, self.text[self.at:self.at + 12]))

    def blanks(self):
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1

    def eat(self, s):
        if not self.text.startswith(s, self.at):
            self.fail("'%s' expected" % s)
        self.at += len(s)

    def struct(self, start):
        self.eat("{")
        fields = []
        self.blanks()
        while not self.text.startswith("}", self.at):
            t = self.type()
            if t.kind not in SCALARS and t.kind != "S" or t.kind in ("cf", "cd", "cD"):
                self.fail("'%s' cannot be a struct's field" % t.text)
            fields.append(t)
            self.blanks()
        self.at += 1
        if not fields:
            self.fail("empty struct")
        return Type("S", self.text[start:self.at], fields)

    def type(self):
        start = self.at
        if self.text.startswith("...", self.at):
            self.at += 3
            return Type("...", "...")
        m = re.compile(r"[A-Za-z]+").match(self.text, self.at)
        if not m:
            self.fail("type expected")
        word = m.group()
        if word == "S":
            self.at += 1
            return self.struct(start)
        self.at += len(word)
        if word == "o":
            self.eat(":")
            inner = self.type()
            if inner.kind in ("v", "...", "va"):
                self.fail("no out pointer to '%s'" % inner.text)
            return Type("o:D" if inner.kind == "D" else "p", "o:" + inner.text)
        if word == "cb":
            self.eat(":")
            m = re.compile(r"\w+").match(self.text, self.at)
            if not m:
                self.fail("callback name expected")
            self.at += len(m.group())
            return Type("cb", "cb:" + m.group(), m.group())
        if word == "v" or word == "va" or word in SCALARS:
            return Type(word, word)
        self.at = start
        self.fail("unknown type")

    def signature(self):
        ret = self.type()
        if ret.kind in ("...", "va", "o:D"):
            self.fail("'%s' cannot be a result" % ret.text)
        self.blanks()
        self.eat("(")
        args = []
        self.blanks()
        while not self.text.startswith(")", self.at):
            if args and args[-1].kind == "...":
                self.fail("'...' must be last")
            t = self.type()
            if t.kind == "v":
                self.fail("'v' is a result only")
            args.append(t)
            if self.at < len(self.text) and self.text[self.at] not in " \t)":
                self.fail("blank expected")
            self.blanks()
            if self.at >= len(self.text):
                self.fail("')' expected")
        self.at += 1
        return Signature(ret, args, self.text[:self.at])


# ---- files -----------------------------------------------------------------------------------

class Row:
    def __init__(self, name, sig, where):
        self.name, self.sig, self.where = name, sig, where
        self.my = self.raw = self.via = self.va = None
        self.sync = []
        self.out = []  # (argument, size): where the kernel may write
        self.swap = []  # (argument, name): native code gets another object there
        self.weak = self.nocheck = False
        self.versions = None  # of the x86-64 library, the default first; None: the library's own
        self.size = 0  # data
        self.data = False

    def thunk_key(self):
        key = self.sig.key()
        if self.va:
            key += "_" + self.va
        if self.sync:
            key += "_sync_" + "_".join(self.sync)
        return key


# What translated code does with the result of a function that it may call itself (enum x86_native_result).
DIRECT_RESULTS = {"v": "VOID", "b": "I8", "ub": "U8", "h": "I16", "uh": "U16", "i": "I32", "ui": "I32", "l": "I64", "ul": "I64",
                  "p": "I64", "s": "I64", "f": "FP", "d": "FP"}


def direct(row):
    """All arguments in the registers that the hosts' ABIs have for them too, and nothing to do before or after."""
    sig = row.sig
    kinds = [t.kind for t in sig.args]
    plain = not (row.my or row.raw or row.va or row.sync) and all(k in DIRECT_RESULTS and k != "v" for k in kinds)
    floats = sum(1 for k in kinds if k in ("f", "d"))
    fits = floats <= 8 and len(kinds) - floats <= 6
    return "X86_NATIVE_" + (DIRECT_RESULTS.get(sig.ret.kind, "NOT") if plain and fits else "NOT")


class Lib:
    def __init__(self, path):
        self.path = path
        self.ident = re.sub(r"\W", "_", os.path.basename(path).replace(".sigs", ""))
        self.sonames, self.natives, self.includes = [], [], []
        self.rows, self.skips = {}, {}
        self.fpflags = False
        self.needs = None  # optional library: native symbols without which it is too old
        self.version = None  # of rows that say none
        self.layouts = []  # (struct, size, {field: offset}, where)
        self.callbacks = {}


def parse_callback(lib, rest, where):
    m = re.match(r"(\w+)\s+(.*)$", rest)
    if not m:
        raise Bad("%s: callback NAME SIGNATURE expected" % where)
    sig = parse_signature(m.group(2), where)[0]
    if sig.variadic():
        raise Bad("%s: a callback cannot take variable arguments" % where)
    old = lib.callbacks.get(m.group(1))
    if old and old.key() != sig.key():
        raise Bad("%s: callback %s was declared as %s" % (where, m.group(1), old.text))
    lib.callbacks[m.group(1)] = sig


def parse_signature(text, where):
    r = Reader(text)
    try:
        sig = r.signature()
    except ValueError as e:
        raise Bad("%s: %s" % (where, e)) from None
    return sig, text[r.at:].split()


def parse_attrs(row, attrs):
    where = row.where
    for a in attrs:
        word, _, value = a.partition("=")
        if word in ("my", "raw"):
            setattr(row, word, value or re.sub(r"\W", "_", row.name))
        elif word == "via" and value:
            row.via = value
        elif word == "sync" and value:
            row.sync = value.split(",")
        elif word == "v" and re.match(r"([\w.]+(,[\w.]+)*|-)$", value) and "@" not in row.name:
            row.versions = [] if value == "-" else [version_name(v) for v in value.split(",")]
        elif word == "out" and value and not row.data:
            row.out = [parse_out(row, item) for item in value.split(",")]
        elif word == "swap" and value and not row.data:
            row.swap = [parse_swap(row, item) for item in value.split(",")]
        elif word in VA_KINDS and not value:
            row.va = word
        elif word == "weak" and not value:
            row.weak = True
        elif word == "nocheck" and not value:
            row.nocheck = True
        else:
            raise Bad("%s: unknown attribute '%s'" % (where, a))
    if row.my and row.raw:
        raise Bad("%s: my and raw exclude each other" % where)
    if row.raw and (row.out or row.swap):
        raise Bad("%s: raw functions prepare their outputs themselves" % where)
    if row.data:
        return
    dots = any(t.kind in ("...", "va") for t in row.sig.args)
    if row.va:
        if not row.sig.variadic():
            raise Bad("%s: %s needs '...' or 'va' as last argument" % (where, row.va))
        if row.my or row.raw:
            raise Bad("%s: %s is handled by the generator, not by hand" % (where, row.va))
        if len(row.sig.args) < 2 or row.sig.args[-2].kind not in ("s", "p"):
            raise Bad("%s: no format before the variable arguments" % where)
        if not row.via and row.sig.args[-1].kind == "...":
            row.via = va_name(row.name.partition("@")[0])
    elif dots and not row.raw:
        raise Bad("%s: variable arguments need printf, scanf, wprintf, wscanf or raw" % where)


def parse_out(row, text):
    m = re.match(r"(\d):((?:[ad]\d|\d+)(?:\*(?:a\d|\d+))*(?:\+\d+)?|iov\d|mmsg\d|aio\d|aio|msg)$", text)
    args = row.sig.args
    used = [int(m.group(1))] + [int(n) for n in re.findall(r"[a-z](\d)", m.group(2))] if m else [0]
    if min(used) < 1 or max(used) > len(args) or args[used[0] - 1].kind != "p" or any(t.kind not in SCALARS for t in args) or row.va:
        raise Bad("%s: out=%s names no plain argument and size" % (row.where, text))
    return used[0] - 1, m.group(2)


def parse_swap(row, text):
    m = re.match(r"(\d+):([a-z]\w*)$", text)
    args = row.sig.args
    plain = m and all(t.kind in SCALARS or t.kind == "cb" for t in args) and not row.va
    if not plain or not 1 <= int(m.group(1)) <= len(args) or args[int(m.group(1)) - 1].kind != "p":
        raise Bad("%s: swap=%s names no plain pointer" % (row.where, text))
    return int(m.group(1)) - 1, m.group(2)


def version_name(text):
    """2.14 is GLIBC_2.14."""
    return "GLIBC_" + text if text[0].isdigit() else text


def version_key(name):
    """Orders the versions of one family; the family is all before the first digit."""
    return [int(n) for n in re.findall(r"\d+", name)]


def va_name(name):
    """printf -> vprintf, __printf_chk -> __vprintf_chk, __isoc99_scanf -> __isoc99_vscanf."""
    m = re.match(r"(__isoc\d+_|__|_IO_)?(.*)$", name)
    return (m.group(1) or "") + "v" + m.group(2)


def parse_layout(lib, rest, where):
    m = re.match(r"(\w+) (\d+)((?: \w+=\d+)*)$", rest)
    if not m:
        raise Bad("%s: layout STRUCT SIZE FIELD=OFFSET... expected" % where)
    fields = dict(f.split("=") for f in m.group(3).split())
    lib.layouts.append((m.group(1), m.group(2), fields, where))


def parse_data(lib, rest, where):
    words = rest.split()
    if len(words) < 2 or not words[1].isdigit():
        raise Bad("%s: data NAME SIZE expected" % where)
    row = Row(words[0], None, where)
    row.data, row.size = True, int(words[1])
    parse_attrs(row, words[2:])
    if row.raw or row.va or row.sync:
        raise Bad("%s: data takes only my, via, v, weak and nocheck" % where)
    return row


def parse_line(lib, line, where):
    word, _, rest = line.partition(" ")
    rest = rest.strip()
    if word == "lib":
        lib.sonames += rest.split()
        return
    if word == "native":
        lib.natives += rest.split()
        return
    if word == "include":
        lib.includes.append(rest)
        return
    if word == "version":
        if not re.match(r"[\w.]+$", rest) or lib.version:
            raise Bad("%s: one version VERSION expected" % where)
        lib.version = version_name(rest)
        return
    if word == "optional":
        if not all(re.match(r"[A-Za-z_]\w*$", name) for name in rest.split()):
            raise Bad("%s: optional SYMBOL... expected" % where)
        lib.needs = rest.split()
        return
    if word == "fpflags" and not rest:
        lib.fpflags = True
        return
    if word == "callback":
        parse_callback(lib, rest, where)
        return
    if word == "layout":
        parse_layout(lib, rest, where)
        return
    if word == "skip":
        names, _, reason = rest.partition(":")
        if not names.split() or not reason.strip():
            raise Bad("%s: skip NAME...: REASON expected" % where)
        for name in names.split():
            lib.skips[name] = reason.strip()
        return
    if word == "data":
        row = parse_data(lib, rest, where)
    else:
        if not re.match(r"[A-Za-z_]\w*(@[\w.]+)?$", word):
            raise Bad("%s: '%s' is not a symbol name" % (where, word))
        if not rest:
            raise Bad("%s: %s has no signature" % (where, word))
        sig, attrs = parse_signature(rest, where)
        row = Row(word, sig, where)
        parse_attrs(row, attrs)
    if row.name in lib.rows:
        raise Bad("%s: %s is already on line %s" % (where, row.name, lib.rows[row.name].where.rpartition(":")[2]))
    lib.rows[row.name] = row


def read_lib(path):
    lib = Lib(path)
    with open(path, encoding="utf-8", errors="replace") as f:
        for n, line in enumerate(f, 1):
            line = re.sub(r"(^|\s)#.*", "", line).strip()
            if line:
                parse_line(lib, re.sub(r"\s+", " ", line), "%s:%d" % (path, n))
    if not lib.sonames:
        raise Bad("%s:1: no 'lib SONAME' line" % path)
    for name in lib.skips:
        if name in lib.rows:
            raise Bad("%s: %s is both skipped and bound" % (lib.rows[name].where, name))
    return lib


def read_libs(paths):
    libs = [read_lib(p) for p in paths]
    callbacks = {}
    for lib in libs:
        for name, sig in lib.callbacks.items():
            if name in callbacks and callbacks[name].key() != sig.key():
                raise Bad("%s:1: callback %s differs from another file's" % (lib.path, name))
            callbacks[name] = sig
    for lib in libs:
        for row in lib.rows.values():
            for t in ([] if row.data else [row.sig.ret] + row.sig.args):
                if t.kind == "cb" and t.arg not in callbacks:
                    raise Bad("%s: callback %s is not declared" % (row.where, t.arg))
            for v in row.sync:
                if v not in sync_vars(lib):
                    raise Bad("%s: sync=%s is not a native variable's data row" % (row.where, v))
    for sig in callbacks.values():
        for t in [sig.ret] + sig.args:
            if t.kind == "cb" and t.arg not in callbacks:
                raise Bad("%s:1: callback %s is not declared" % (libs[0].path, t.arg))
    return libs, callbacks


# ---- where the ABI puts things ----------------------------------------------------------------

class Place:
    """Assigns System V AMD64 places to arguments in order (psABI 3.2.3)."""

    def __init__(self, hidden):
        self.ints, self.sses, self.stack = (1 if hidden else 0), 0, 0

    def on_stack(self, size, align):
        self.stack = (self.stack + align - 1) // align * align
        off = self.stack
        self.stack += (size + 7) // 8 * 8
        return off

    def take(self, words):
        """Registers for a list of eightbyte classes, or None when they do not all fit."""
        ni, ns = words.count("int"), words.count("sse")
        if self.ints + ni > 6 or self.sses + ns > 8:
            return None
        out = []
        for w in words:
            if w == "int":
                out.append(("int", self.ints))
                self.ints += 1
            else:
                out.append(("sse", self.sses))
                self.sses += 1
        return out

    def arg(self, t):
        """(list of registers, None) or (None, stack offset)."""
        if t.kind == "S":
            size, align, words = t.layout()
        elif t.kind in SCALARS and SCALARS[t.kind][2] not in ("int",):
            size = SCALARS[t.kind][1]
            align = 16 if t.kind in ("D", "q", "cD") else 8
            words = {"sse": ["sse"], "sse2": ["sse", "sse"], "x87": None, "x87c": None}[SCALARS[t.kind][2]]
        else:
            size, align, words = 8, 8, ["int"]
        regs = self.take(words) if words else None
        if regs:
            return regs, None
        return None, self.on_stack(size, max(align, 8))


def returns_in_memory(ret):
    return ret.kind == "S" and ret.layout()[2] is None


# ---- thunks: guest -> native --------------------------------------------------------------------

INT_REG = ["BR_RDI", "BR_RSI", "BR_RDX", "BR_RCX", "BR_R8", "BR_R9"]


def fetch(t, place, n, pre, post):
    """C expression of argument n; may add statements before (pre) and after (post) the call."""
    regs, off = place.arg(t)
    if t.kind == "S":
        pre.append("%s a%d;" % (t.c(), n))
        if regs is None:
            pre.append("memcpy(&a%d, g2h(br_stack(c, %d)), sizeof a%d);" % (n, off, n))
        else:
            left = t.layout()[0]
            for w, (cl, r) in enumerate(regs):
                src = "&c->gpr[%s]" % INT_REG[r] if cl == "int" else "&c->vec[%d]" % r
                pre.append("memcpy((char *)&a%d + %d, %s, %d);" % (n, 8 * w, src, min(8, left - 8 * w)))
        return "a%d" % n
    if t.kind in SCALARS and SCALARS[t.kind][2] != "int":
        return fetch_float(t, regs, off, n, pre)
    word = "br_int(c, %d)" % regs[0][1] if regs else "br_stack64(c, %d)" % off
    if t.kind == "cb":
        return "br_callback(%s, &cbt_%s)" % (word, t.arg)
    if t.kind == "o:D":
        pre.append("gaddr g%d = %s;" % (n, word))
        pre.append("long double o%d = 0;" % n)
        post.append("if (g%d)" % n)
        post.append("    br_ld_put(g2h(g%d), o%d);" % (n, n))
        return "g%d ? &o%d : NULL" % (n, n)
    if t.kind == "va":
        return word
    if t.is_pointer():
        return "br_ptr(%s)" % word
    return "(%s)%s" % (t.c(), word)


def fetch_float(t, regs, off, n, pre):
    if t.kind == "D":
        return "br_ld_get(g2h(br_stack(c, %d)))" % off
    if t.kind == "cD":
        pre.append("long double _Complex a%d;" % n)
        pre.append("__real__ a%d = br_ld_get(g2h(br_stack(c, %d)));" % (n, off))
        pre.append("__imag__ a%d = br_ld_get(g2h(br_stack(c, %d)));" % (n, off + 16))
        return "a%d" % n
    if t.kind in ("cf", "cd"):
        pre.append("%s a%d;" % (t.c(), n))
        if regs is None:
            pre.append("memcpy(&a%d, g2h(br_stack(c, %d)), sizeof a%d);" % (n, off, n))
        elif t.kind == "cf":
            pre.append("memcpy(&a%d, &c->vec[%d], 8);" % (n, regs[0][1]))
        else:
            pre.append("memcpy(&a%d, &c->vec[%d], 8);" % (n, regs[0][1]))
            pre.append("memcpy((char *)&a%d + 8, &c->vec[%d], 8);" % (n, regs[1][1]))
        return "a%d" % n
    if t.kind == "q":
        return "br_quad(%s)" % ("&c->vec[%d]" % regs[0][1] if regs else "g2h(br_stack(c, %d))" % off)
    if regs:
        return "c->vec[%d].%s[0]" % (regs[0][1], "f" if t.kind == "f" else "df")
    if t.kind == "f":
        return "br_float_bits((u32)br_stack64(c, %d))" % off
    return "br_double_bits(br_stack64(c, %d))" % off


def store_result(t):
    """Statements that put `r` where the guest expects it."""
    k = t.kind
    if k == "v":
        return []
    if k == "S":
        size, _, words = t.layout()
        if words is None:
            return ["memcpy(g2h(hidden), &r, sizeof r);", "br_ret(c, hidden);"]
        out, ni, ns = [], 0, 0
        for w, cl in enumerate(words):
            if cl == "int":
                reg = ["BR_RAX", "BR_RDX"][ni]
                ni += 1
                out += ["c->gpr[%s] = 0;" % reg,
                        "memcpy(&c->gpr[%s], (char *)&r + %d, %d);" % (reg, 8 * w, min(8, size - 8 * w))]
            else:
                out.append("memcpy(&c->vec[%d], (char *)&r + %d, %d);" % (ns, 8 * w, min(8, size - 8 * w)))
                ns += 1
        return out
    if k == "D":
        return ["br_ret_ld(c, r);"]
    if k == "cD":
        return ["br_ret_ld2(c, __real__ r, __imag__ r);"]
    if k == "cf":
        return ["memcpy(&c->vec[0], &r, 8);"]
    if k == "cd":
        return ["memcpy(&c->vec[0], &r, 8);", "memcpy(&c->vec[1], (char *)&r + 8, 8);"]
    if k == "q":
        return ["memcpy(&c->vec[0], &r, 16);"]
    if k in ("f", "d"):
        return ["c->vec[0].%s[0] = r;" % ("f" if k == "f" else "df")]
    if k == "cb":
        return ["br_ret(c, br_guest_function(r, &cbt_%s));" % t.arg]
    if t.is_pointer():
        return ["br_ret(c, h2g(r));"]
    if SCALARS[k][1] < 4:
        return ["br_ret(c, (u32)(i32)r);"]
    return ["br_ret(c, (u%d)r);" % (8 * SCALARS[k][1])]


def thunk_body(row_va, sync, sig):
    place = Place(returns_in_memory(sig.ret))
    pre, post, names, types = [], [], [], []
    if returns_in_memory(sig.ret):
        pre.append("gaddr hidden = br_int(c, 0);")
    fixed = [t for t in sig.args if t.kind not in ("...", "va")]
    for n, t in enumerate(fixed):
        names.append(fetch(t, place, n, pre, post))
        types.append(t.c() if t.kind != "s" else "const char *")
    if row_va:
        pre.append("struct br_va v;")
        if sig.args[-1].kind == "...":
            pre.append("struct br_va_args va;")
            pre.append("br_va_from_call(&va, c, %d, %d, %d);" % (place.ints, place.sses, place.stack))
            src = "&va.va"
        else:
            src = "g2h(%s)" % fetch(sig.args[-1], place, len(fixed), pre, post)
        pre.append("br_va_format(&v, %s, %s, %s);" % (VA_KINDS[row_va], names[-1], src))
        names.append("v.ap")
        types.append("va_list")
        post.append("br_va_done(&v, %s);" % ("r" if sig.ret.kind == "i" else "0"))
    if sync:
        pre.append("br_sync_in(sync_%s, %d);" % ("_".join(sync), len(sync)))
        post.insert(0, "br_sync_out(sync_%s, %d);" % ("_".join(sync), len(sync)))
    rtype = sig.ret.c()
    cast = "(%s (*)(%s))" % (rtype, ", ".join(types) or "void")
    call = "(%sfn)(%s);" % (cast, ", ".join(names))
    if sig.ret.kind != "v":
        call = "%s r = %s" % (rtype, call)
    lines = pre + [call] + post + store_result(sig.ret)
    return ["    " + line for line in lines]


def emit_thunk(key, row_va, sync, sig):
    out = ["void t_%s(struct x86_cpu *c, void *fn)" % key, "{"]
    body = thunk_body(row_va, sync, sig)
    if not any(re.search(r"\bc\b", line) for line in body):
        out.append("    (void)c;")
    return out + body + ["}", ""]


# ---- callback handlers: native -> guest ----------------------------------------------------------

def give(t, place, n, out):
    regs, off = place.arg(t)
    src = "a%d" % n
    if t.kind in ("S", "cf", "cd", "q"):
        if regs is None:
            out.append("memcpy(g2h(f.args + %d), &%s, sizeof %s);" % (off, src, src))
        elif t.kind == "q":
            out.append("memcpy(&f.c->vec[%d], &%s, 16);" % (regs[0][1], src))
        else:
            size = t.layout()[0] if t.kind == "S" else SCALARS[t.kind][1]
            for w, (cl, r) in enumerate(regs):
                dst = "&f.c->gpr[%s]" % INT_REG[r] if cl == "int" else "&f.c->vec[%d]" % r
                out.append("memcpy(%s, (char *)&%s + %d, %d);" % (dst, src, 8 * w, min(8, size - 8 * w)))
        return
    if t.kind == "D":
        out.append("br_ld_put(g2h(f.args + %d), %s);" % (off, src))
        return
    if t.kind == "cD":
        out.append("br_ld_put(g2h(f.args + %d), __real__ %s);" % (off, src))
        out.append("br_ld_put(g2h(f.args + %d), __imag__ %s);" % (off + 16, src))
        return
    if t.kind in ("f", "d"):
        if regs:
            out.append("f.c->vec[%d].%s[0] = %s;" % (regs[0][1], "f" if t.kind == "f" else "df", src))
        else:
            out.append("memcpy(g2h(f.args + %d), &%s, sizeof %s);" % (off, src, src))
        return
    if t.kind == "cb":
        value = "br_guest_function(%s, &cbt_%s)" % (src, t.arg)
    elif t.is_pointer():
        value = "h2g(%s)" % src
    elif SCALARS[t.kind][1] < 4:
        value = "(u32)(i32)%s" % src
    else:
        value = "(u%d)%s" % (8 * SCALARS[t.kind][1], src)
    if regs:
        out.append("f.c->gpr[%s] = %s;" % (INT_REG[regs[0][1]], value))
    else:
        out.append("st_u64(g2h(f.args + %d), %s);" % (off, value))


def take_result(t, name):
    k = t.kind
    if k == "v":
        return [], None
    if k in ("f", "d"):
        return ["%s r = f.c->vec[0].%s[0];" % (t.c(), "f" if k == "f" else "df")], "r"
    if k == "cb":
        return ["void *r = br_callback(f.c->gpr[BR_RAX], &cbt_%s);" % t.arg], "r"
    if t.is_pointer():
        return ["%s r = br_ptr(f.c->gpr[BR_RAX]);" % t.c()], "r"
    if k in SCALARS and SCALARS[k][2] == "int":
        return ["%s r = (%s)f.c->gpr[BR_RAX];" % (t.c(), t.c())], "r"
    raise Bad("callback %s: result '%s' is not supported" % (name, t.text))


def emit_handler(name, sig):
    params = ["%s a%d" % (t.c(), n) for n, t in enumerate(sig.args)]
    place = Place(False)
    moves = []
    for n, t in enumerate(sig.args):
        give(t, place, n, moves)
    reads, result = take_result(sig.ret, name)
    out = ["static %s h_%s(%s)" % (sig.ret.c(), name, ", ".join(params) or "void"), "{",
           "    const struct br_slot *s = br_slot_taken();", "    struct br_frame f;", "",
           "    br_frame_begin(&f, s->fn, %d);" % ((place.stack + 15) // 16 * 16)]
    out += ["    " + m for m in moves]
    out += ["    f.c->gpr[BR_RAX] = %d;" % place.sses, "    br_frame_run(&f);"]
    out += ["    " + r for r in reads]
    out.append("    br_frame_end(&f);")
    if result:
        out.append("    return %s;" % result)
    return out + ["}", "const struct br_cbtype cbt_%s = {\"%s\", (void *)h_%s, t_%s};" % (name, name, name, sig.key()), ""]


# ---- output ------------------------------------------------------------------------------------

def quote(s):
    return '"%s"' % s.replace("\\", "\\\\").replace('"', '\\"')


def structs_of(sigs):
    found = {}

    def visit(t):
        if t.kind == "S":
            for f in t.arg:
                visit(f)
            found.setdefault(t.key(), t)
    for sig in sigs:
        for t in [sig.ret] + sig.args:
            visit(t)
    return found


def emit_struct(key, t):
    fields = " ".join("%s f%d;" % (f.c(), i) for i, f in enumerate(t.arg))
    return ["struct br_%s { %s };" % (key, fields)]


HEAD = "/* Made by wrapgen.py from %s. Do not edit. */"


def emit_common(libs, callbacks, names):
    thunks = {}
    for lib in libs:
        for row in lib.rows.values():
            if not row.data and not row.raw:
                thunks.setdefault(row.thunk_key(), (row.va, row.sync, row.sig))
    for sig in callbacks.values():
        thunks.setdefault(sig.key(), (None, [], sig))
    rows = [r for lib in libs for r in lib.rows.values() if not r.data]
    structs = structs_of([r.sig for r in rows] + list(callbacks.values()))
    syncs = sorted({tuple(r.sync) for r in rows if r.sync})
    h = [HEAD % names, "#ifndef WRAPPED_THUNKS_H", "#define WRAPPED_THUNKS_H", "#include \"bridge/thunk.h\""]
    for key in structs:
        h += emit_struct(key, structs[key])
    h += ["extern struct br_sync_var sv_%s;" % v for lib in libs for v in sync_vars(lib)]
    h += ["extern const struct br_cbtype cbt_%s;" % n for n in sorted(callbacks)]
    h += ["br_thunk t_%s;" % k for k in sorted(thunks)]
    h += ["#endif", ""]
    c = [HEAD % names, "#include <string.h>", "#include \"wrapped_thunks.h\"", ""]
    for s in syncs:
        c.append("static struct br_sync_var *const sync_%s[] = {%s};" % ("_".join(s), ", ".join("&sv_" + v for v in s)))
    c.append("")
    for name in sorted(callbacks):
        c += emit_handler(name, callbacks[name])
    for key in sorted(thunks):
        c += emit_thunk(key, *thunks[key])
    return h, c


def my_type(t):
    return t.c()


def emit_my_header(libs, names):
    protos = {}
    for lib in libs:
        for row in lib.rows.values():
            if row.raw:
                protos[row.raw] = ("br_thunk raw_%s;" % row.raw, row)
            elif row.my and row.data:
                protos[row.my] = ("extern char my_%s[];" % row.my, row)
            elif row.my:
                p = "%s my_%s(%s);" % (my_type(row.sig.ret), row.my, ", ".join(my_type(t) for t in row.sig.args) or "void")
                old = protos.get(row.my)
                if old and old[0] != p:
                    raise Bad("%s: my=%s has another signature than on line %s" % (row.where, row.my, old[1].where.rpartition(":")[2]))
                protos[row.my] = (p, row)
    out = [HEAD % names, "#ifndef WRAPPED_MY_H", "#define WRAPPED_MY_H", "#include \"wrapped_thunks.h\""]
    out += [protos[k][0] for k in sorted(protos)]
    swaps = {name for lib in libs for row in lib.rows.values() for _, name in row.swap}
    out += ["void *native_%s(void *guest);\nvoid guest_%s(void *guest, void *native);" % (n, n) for n in sorted(swaps)]
    return out + ["#endif", ""]


def sync_vars(lib):
    """Native variables by their own name; a row with via is an alias of one."""
    return sorted(r.name for r in lib.rows.values() if r.data and not r.via and not r.my)


def emit_lib(lib):
    out = [HEAD % os.path.basename(lib.path), "#include \"wrapped_my.h\"", "#include \"wrapped.h\"", ""]
    svs = sync_vars(lib)
    for v in svs:
        out.append("struct br_sync_var sv_%s = {%s, %d, NULL, 0};" % (v, quote(v), lib.rows[v].size))
    out.append("static struct br_sync_var *const syncs[] = {%sNULL};" % "".join("&sv_%s, " % v for v in svs))
    for row in lib.rows.values():
        out += emit_prepare(row) if row.out or row.swap else []
    out.append("static const struct br_symbol syms[] = {")
    for name in sorted(lib.rows, key=lambda s: s.encode()):
        out.append("    " + emit_symbol(lib, lib.rows[name]))
    out += ["};", "static const char *const sonames[] = {%s, NULL};" % ", ".join(map(quote, lib.sonames)),
            "static const char *const natives[] = {%sNULL};" % "".join(quote(n) + ", " for n in lib.natives),
            "static const char *const needs[] UNUSED = {%sNULL};" % "".join(quote(n) + ", " for n in lib.needs or []),
            "const struct br_lib wrapped_%s = {sonames, natives, syms, ARRAY_SIZE(syms), syncs, %d, NULL, %s, %s, %s};"
            % (lib.ident, len(svs), "true" if lib.fpflags else "false", quote(newest(lib)) if lib.version else "NULL",
               "NULL" if lib.needs is None else "needs"), ""]
    return out


def out_call(row, n, size):
    """The statement that prepares what argument n points to."""
    m = re.match(r"(iov|mmsg|aio|msg)(\d?)$", size)
    if m:
        count = "(u64)a%d" % (int(m.group(2)) - 1) if m.group(2) else "1"
        name = "aios" if m.group() == "aio" + m.group(2) and m.group(2) else m.group(1)
        return "br_out_%s(a%d%s);" % (name, n, "" if name in ("msg", "aio") else ", " + count)

    def factor(f):
        k = int(f[1:]) - 1 if f[0] in "ad" else None
        if k is None:
            return f
        # What is too large for the call is no size: a negative number must not mean all of memory.
        return "(u64)%sa%d" % ("(u32)" if SCALARS[row.sig.args[k].kind][1] < 8 else "", k) if f[0] == "a" else "br_out_size(a%d)" % k
    return "br_out(a%d, %s);" % (n, re.sub(r"[ad]?\d+", lambda f: factor(f.group()), size).replace("*", " * ").replace("+", " + "))


def emit_prepare(row):
    """Stands before the native function, so that thunks and translated code need not know."""
    ident = re.sub(r"\W", "_", row.name)
    params = ", ".join("%s a%d" % (t.c(), i) for i, t in enumerate(row.sig.args))
    types = ", ".join(t.c() for t in row.sig.args)
    swapped = {n for n, _ in row.swap}
    call = "((%s (*)(%s))real_%s)(%s);" % (row.sig.ret.c(), types, ident, ", ".join(
        "%s%d" % ("n" if i in swapped else "a", i) for i in range(len(row.sig.args))))
    body = [out_call(row, n, size) for n, size in row.out]
    body += ["void *n%d = native_%s(a%d);" % (n, name, n) for n, name in row.swap]
    after = ["guest_%s(a%d, n%d);" % (name, n, n) for n, name in row.swap]
    if row.sig.ret.kind == "v":
        body += [call] + after
    elif after:
        body += ["%s r = %s" % (row.sig.ret.c(), call)] + after + ["return r;"]
    else:
        body.append("return " + call)
    return (["static void *real_%s;" % ident, "static %s prepare_%s(%s)" % (row.sig.ret.c(), ident, params or "void"), "{"] +
            ["    " + line for line in body] + ["}"])


def newest(lib):
    """The last version that any row of the library has, of the family of its usual one."""
    family = re.match(r"\D*", lib.version).group()
    named = [v for row in lib.rows.values() for v in row.versions or []]
    return max([v for v in named if re.match(re.escape(family) + r"\d", v)] + [lib.version], key=version_key)


def versions(lib, row):
    """All versions the x86-64 library has of the row's symbol; None: it has no versions, or the row's name says it."""
    if not lib.version or "@" in row.name:
        return None
    return [lib.version] if row.versions is None else row.versions


def emit_symbol(lib, row):
    via = quote(row.via) if row.via else "NULL"
    have = versions(lib, row)
    have = "NULL" if have is None else quote(",".join(have))
    if row.data:
        my = "my_" + row.my if row.my else "NULL"
        return "{%s, \"\", NULL, %s, %s, %d, BR_DATA, 0, X86_NATIVE_NOT, %s, NULL, NULL}," % (quote(row.name), my, via, row.size, have)
    kind = "BR_WEAK_FUNC" if row.weak else "BR_FUNC"
    if row.raw:
        return "{%s, %s, raw_%s, NULL, %s, 0, %s, 1, X86_NATIVE_NOT, %s, NULL, NULL}," % (
            quote(row.name), quote(row.sig.text), row.raw, via, kind, have)
    my = "(void *)my_" + row.my if row.my else "NULL"
    ident = re.sub(r"\W", "_", row.name)
    prepare = "(void *)prepare_%s, &real_%s" % (ident, ident) if row.out or row.swap else "NULL, NULL"
    return "{%s, %s, t_%s, %s, %s, 0, %s, 0, %s, %s, %s}," % (
        quote(row.name), quote(row.sig.text), row.thunk_key(), my, via, kind, direct(row), have, prepare)


def emit_registry(libs, names):
    h = [HEAD % names, "#ifndef WRAPPED_H", "#define WRAPPED_H", "#include \"bridge/bridge.h\"",
         "extern const struct br_lib *const wrapped_libs[];", "extern const unsigned wrapped_lib_count;"]
    h += ["extern const struct br_lib wrapped_%s;" % lib.ident for lib in libs]
    h += ["#endif", ""]
    c = [HEAD % names, "#include \"wrapped.h\"", "const struct br_lib *const wrapped_libs[] = {"]
    c += ["    &wrapped_%s," % lib.ident for lib in libs]
    c += ["};", "const unsigned wrapped_lib_count = %d;" % len(libs), ""]
    return h, c


def write(path, lines):
    text = "\n".join(lines)
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def generate(outdir, paths):
    libs, callbacks = read_libs(paths)
    names = " ".join(os.path.basename(p) for p in paths)
    os.makedirs(outdir, exist_ok=True)
    h, c = emit_common(libs, callbacks, names)
    write(os.path.join(outdir, "wrapped_thunks.h"), h)
    write(os.path.join(outdir, "wrapped_thunks.c"), c)
    write(os.path.join(outdir, "wrapped_my.h"), emit_my_header(libs, names))
    h, c = emit_registry(libs, names)
    write(os.path.join(outdir, "wrapped.h"), h)
    write(os.path.join(outdir, "wrapped.c"), c)
    for lib in libs:
        write(os.path.join(outdir, "wrapped_%s.c" % lib.ident), emit_lib(lib))


# ---- the check against real headers -------------------------------------------------------------

KEYWORDS = set("void char short int long float double signed unsigned _Bool _Complex const volatile struct union enum "
               "__restrict restrict __const _Float32 _Float64 _Float128 _Float32x _Float64x".split())


def balanced(text, at):
    depth = 0
    for i in range(at, len(text)):
        if text[i] == "(":
            depth += 1
        elif text[i] == ")":
            depth -= 1
            if not depth:
                return i
    return -1


def strip_attributes(d):
    for word in ("__attribute__", "__asm__", "asm", "__asm"):
        while True:
            m = re.search(r"\b%s\s*\(" % word, d)
            if not m:
                break
            end = balanced(d, m.end() - 1)
            if end < 0:
                break
            d = d[:m.start()] + " " + d[end + 1:]
    d = re.sub(r"\b(extern|__inline|__inline__|inline|__extension__|_Noreturn|__restrict|restrict|static)\b", " ", d)
    return " ".join(d.split())


def declarations(text):
    """Top-level declarations of preprocessed C, function bodies dropped."""
    depth = brace = 0
    cur = []
    for ch in text:
        if brace == 0 and ch == ";" and depth == 0:
            yield "".join(cur)
            cur = []
            continue
        if ch == "{":
            brace += 1
        cur.append(ch)
        if ch == "(" and not brace:
            depth += 1
        elif ch == ")" and not brace:
            depth -= 1
        elif ch == "}":
            brace -= 1
            if brace == 0 and re.search(r"\)\s*\{", "".join(cur)):
                yield "".join(cur).split("{")[0]
                cur = []


def prototypes(text):
    """name -> (result text, [parameter texts])."""
    text = re.sub(r"^#.*$", "", text, flags=re.M)
    found = {}
    for d in declarations(text):
        if "(" not in d or re.match(r"\s*(typedef|_Static_assert)\b", d) or "{" in d:
            continue
        d = strip_attributes(d)
        m = re.match(r"^(.*?[\s*])(\w+)\s*\((.*)\)$", d)
        if not m or "(" in m.group(1) or balanced(d, m.end(2) + d[m.end(2):].index("(")) != len(d) - 1:
            continue
        found[m.group(2)] = (m.group(1).strip(), split_params(m.group(3)))
    return found


def split_params(s):
    out, cur, depth = [], "", 0
    for ch in s:
        depth += ch == "("
        depth -= ch == ")"
        if ch == "," and not depth:
            out.append(cur.strip())
            cur = ""
        else:
            cur += ch
    out.append(cur.strip())
    return [] if out in (["void"], [""]) else out


def named(param, n):
    """The parameter with the name `an` in place of its own or of none."""
    m = re.search(r"\(\s*\*+\s*(\w*)\s*\)", param)
    if m:
        return param[:m.start()] + "(*a%d)" % n + param[m.end():]
    arr = ""
    m = re.search(r"(\[[^\]]*\]\s*)+$", param)
    if m:
        param, arr = param[:m.start()].strip(), re.sub(r"^\[[^\]]*\]", "[]", m.group())
    m = re.search(r"\b(\w+)$", param)
    if m:
        before = param[:m.start()].split()
        last = before[-1] if before else ""
        is_type = m.group(1) in KEYWORDS or not before or last in ("struct", "union", "enum") or all(
            w in ("const", "volatile") for w in before)
        if not is_type:
            param = param[:m.start()]
    return "%s a%d%s" % (param, n, arr)


CHECK_HEAD = r"""
#define CLASS(x) __builtin_classify_type(x)
#define IS_REAL(x, size) (CLASS(x) == 8 && sizeof(x) == (size))
#define IS_COMPLEX(x, size) (CLASS(x) == 9 && sizeof(x) == (size))
#define IS_POINTER(x) ((CLASS(x) == 5 || CLASS(x) == 13) && sizeof(x) == 8)
#define IS_INT(x, size) (CLASS(x) != 5 && CLASS(x) != 8 && CLASS(x) != 9 && CLASS(x) < 12 && sizeof(x) == (size))
#define IS_SIGNED(x) ((__typeof__(x))-1 < (__typeof__(x))1)
#define IS_PLAIN_CHAR(x) __builtin_types_compatible_p(__typeof__(x), char)
#define DECAYED_VA_LIST (sizeof(va_list) == 24 ? sizeof(void *) : sizeof(va_list)) /* an array type on x86-64 */
#define IS_STRUCT(x, size) ((CLASS(x) == 12 || CLASS(x) == 13) && sizeof(x) == (size))
"""


def test_of(t, x):
    k = t.kind
    if t.is_pointer() and k != "va":
        return "IS_POINTER(%s)" % x
    if k == "va":
        return "sizeof(%s) == DECAYED_VA_LIST" % x
    if k == "S":
        return "IS_STRUCT(%s, %d)" % (x, t.layout()[0])
    if k in ("f", "d", "D", "q"):
        return "IS_REAL(%s, %d)" % (x, SCALARS[k][1])
    if k in ("cf", "cd", "cD"):
        return "IS_COMPLEX(%s, %d)" % (x, SCALARS[k][1])
    size = SCALARS[k][1]
    test = "IS_INT(%s, %d)" % (x, size)
    if size < 4: # the caller extends these by their sign; plain char has the host's
        test += " && (IS_PLAIN_CHAR(%s) || IS_SIGNED(%s) == %d)" % (x, x, k[0] != "u")
    return test


def check_row(row, proto, n):
    ret, params = proto
    dots = bool(params) and params[-1] == "..."
    params = params[:-1] if dots else params
    args = [t for t in row.sig.args if t.kind != "..."]
    where = row.where
    if len(params) != len(args) or dots != any(t.kind == "..." for t in row.sig.args):
        return ["_Static_assert(0, %s);" % quote("%s: the header's %s has %d parameters%s" % (
            where, row.name, len(params), " and ..." if dots else ""))]
    plist = ", ".join([named(p, i) for i, p in enumerate(params)] + (["..."] if dots else [])) or "void"
    out = ["%s chk_%d(%s);" % (ret, n, plist),
           "_Static_assert(__builtin_types_compatible_p(__typeof__(%s), __typeof__(chk_%d)), %s);" % (
               row.name, n, quote("%s: wrapgen.py misread the prototype of %s" % (where, row.name)))]
    out += ["%s chk_%d(%s)" % (ret, n, plist), "{"]
    for i, t in enumerate(args):
        out.append("    _Static_assert(%s, %s);" % (
            test_of(t, "a%d" % i), quote("%s: argument %d of %s is not '%s'" % (where, i + 1, row.name, t.text))))
    if row.sig.ret.kind == "v":
        out.append("    _Static_assert(__builtin_types_compatible_p(__typeof__(*(%s *)0), void), %s);" % (
            ret, quote("%s: %s has a result" % (where, row.name))))
    elif ret == "void":
        out.append("    _Static_assert(0, %s);" % quote("%s: the result of %s is void" % (where, row.name)))
    else:
        out.append("    %s r;" % re.sub(r"\bconst\b", "", ret))
        out.append("    _Static_assert(%s, %s);" % (
            test_of(row.sig.ret, "r"), quote("%s: the result of %s is not '%s'" % (where, row.name, row.sig.ret.text))))
    return out + ["    __builtin_trap();", "}"]


def check_data(row):
    return ["_Static_assert(sizeof(%s) == %d, %s);" % (row.name, row.size, quote("%s: size of %s" % (row.where, row.name)))]


def check_layout(layout, text):
    """A struct that guest and host share must look here as it does on x86-64, where these numbers are from."""
    name, size, fields, where = layout
    if re.search(r"\bstruct\s+%s\s*\{" % name, text):
        name = "struct " + name
    elif not re.search(r"\}\s*%s\s*;" % name, text):
        return []
    out = ["_Static_assert(sizeof(%s) == %s, %s);" % (name, size, quote("%s: size of %s" % (where, name)))]
    for field, offset in fields.items():
        out += ["#undef " + field, "_Static_assert(__builtin_offsetof(%s, %s) == %s, %s);" % (
            name, field, offset, quote("%s: place of %s in %s" % (where, field, name)))]
    return out


def preprocess(cc, includes):
    text = "#define _GNU_SOURCE 1\n" + "".join(
        "#if __has_include(%s)\n#include %s\n#endif\n" % (i, i) for i in includes)
    r = subprocess.run(cc + ["-std=gnu11", "-E", "-x", "c", "-"], input=text, capture_output=True, text=True)
    if r.returncode:
        raise Bad("the headers cannot be preprocessed: %s" % r.stderr.strip()[:400])
    return text, r.stdout


def check(out_path, cc, paths):
    libs, _ = read_libs(paths)
    out = [HEAD % " ".join(os.path.basename(p) for p in paths)]
    checked = total = 0
    includes = list(dict.fromkeys(i for lib in libs for i in lib.includes))
    head, text = preprocess(cc, includes)
    protos = prototypes(text)
    words = set(re.findall(r"\bextern\b[^;()]*?\b(\w+)\s*(?:\[[^\]]*\])?\s*(?=;|__attribute__)", text))
    out.append(head)
    out.append("#include <stdarg.h>")
    out.append(CHECK_HEAD)
    for lib in libs:
        for layout in lib.layouts:
            out += check_layout(layout, text)
        for row in lib.rows.values():
            total += 1
            if row.nocheck or "@" in row.name:
                continue
            if row.data and row.name in words:
                out += ["#undef %s" % row.name] + check_data(row)
                checked += 1
            elif not row.data and row.name in protos:
                out += ["#undef %s" % row.name] + check_row(row, protos[row.name], checked)
                checked += 1
    out.append("const char wrapgen_checked[] = \"%d of %d rows compared with headers\";" % (checked, total))
    out.append("")
    write(out_path, out)
    print("wrapgen: %d of %d rows compared with headers" % (checked, total))


# ---- the page ----------------------------------------------------------------------------------

def page(paths):
    libs, _ = read_libs(paths)
    out = ["# Wrapped libraries", "",
           "Made by wrappers/wrapgen.py from the .sigs files. A symbol that is in neither list of its",
           "library makes the guest's linker report symbol, version and library.", "",
           "| file | sonames | functions | by hand | data | not wrapped |", "|---|---|---:|---:|---:|---:|"]
    for lib in libs:
        rows = lib.rows.values()
        funcs = [r for r in rows if not r.data]
        out.append("| %s | %s | %d | %d | %d | %d |" % (
            os.path.basename(lib.path), " ".join(lib.sonames), len(funcs), sum(1 for r in funcs if r.my or r.raw),
            sum(1 for r in rows if r.data), len(lib.skips)))
    for lib in libs:
        out += ["", "## " + os.path.basename(lib.path), ""]
        out += wrap_words(sorted(lib.rows))
        if lib.skips:
            out += ["", "Not wrapped:", ""]
            by_reason = {}
            for name, reason in sorted(lib.skips.items()):
                by_reason.setdefault(reason, []).append(name)
            for reason, names in sorted(by_reason.items()):
                out += wrap_words(["- **%s**:" % reason] + names)
    print("\n".join(out))


def coverage(paths):
    """The libraries' part of docs/coverage.md."""
    total = [0, 0, 0, 0]
    print("\n# Library symbols\n\nMade by wrappers/wrapgen.py from the .sigs files: every public symbol of glibc 2.36, libcrypt, libz,"
          " libbz2 and liblzma has a row or a reason (test wrapped_symbols).\nNames and reasons are in docs/wrapped.md.\n")
    print("| file | functions | of them by hand | data | not wrapped, with reason |\n|---|---:|---:|---:|---:|")
    for lib in read_libs(paths)[0]:
        rows = lib.rows.values()
        funcs = [r for r in rows if not r.data]
        line = [len(funcs), sum(1 for r in funcs if r.my or r.raw), len(rows) - len(funcs), len(lib.skips)]
        total = [a + b for a, b in zip(total, line)]
        print("| %s | %d | %d | %d | %d |" % (os.path.basename(lib.path), *line))
    print("| all | %d | %d | %d | %d |" % tuple(total))


def wrap_words(words, width=118):
    lines, cur = [], ""
    for w in words:
        if cur and len(cur) + 1 + len(w) > width:
            lines.append(cur)
            cur = w
        else:
            cur = cur + " " + w if cur else w
    return lines + ([cur] if cur else [])


def main(argv):
    try:
        if len(argv) > 3 and argv[1] == "gen":
            generate(argv[2], argv[3:])
        elif len(argv) > 4 and argv[1] == "check":
            check(argv[2], argv[3].split(";"), argv[4:])
        elif len(argv) > 2 and argv[1] == "page":
            page(argv[2:])
        elif len(argv) > 2 and argv[1] == "coverage":
            coverage(argv[2:])
        else:
            print(__doc__, file=sys.stderr)
            return 2
    except (Bad, OSError) as e:
        print("wrapgen: %s" % e, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
