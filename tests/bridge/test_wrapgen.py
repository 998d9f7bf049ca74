"""test_wrapgen.py WRAPGEN.PY CC SIGS... - what wrapgen.py says to bad lines, that its check of prototypes can fail, that no input makes
it fall over, and that its output depends on the input alone.
"""
import importlib.util
import os
import random
import subprocess
import sys
import tempfile
import unittest

spec = importlib.util.spec_from_file_location("wrapgen", sys.argv[1])
wrapgen = importlib.util.module_from_spec(spec)
spec.loader.exec_module(wrapgen)
CC = sys.argv[2].split(";")
SIGS = sys.argv[3:]

# the third line of a file -> what the message must say
BAD = [
    ("f", "f has no signature"),
    ("9f i()", "not a symbol name"),
    ("f i", "'(' expected"),
    ("f i(", "type expected"),
    ("f i(p", "')' expected"),
    ("f i(pp)", "unknown type"),
    ("f i(p,p)", "blank expected"),
    ("f i(p v)", "'v' is a result only"),
    ("f x(p)", "unknown type"),
    ("f ...(p)", "cannot be a result"),
    ("f i(S{})", "empty struct"),
    ("f i(S{p", "type expected"),
    ("f i(S{va})", "cannot be a struct's field"),
    ("f i(o:v)", "no out pointer"),
    ("f i(cb:)", "callback name expected"),
    ("f i(cb:nobody)", "callback nobody is not declared"),
    ("f i(s ...)", "variable arguments need"),
    ("f i(... s) printf", "'...' must be last"),
    ("f i(i ...) printf", "no format"),
    ("f i(s) printf", "needs '...'"),
    ("f i(s ...) printf my", "not by hand"),
    ("f i(p) out=1", "names no plain argument"),
    ("f i(p) out=2:4", "names no plain argument"),
    ("f i(l) out=1:4", "names no plain argument"),
    ("f i(p) out=1:a2", "names no plain argument"),
    ("f i(p l) out=1:a2**4", "names no plain argument"),
    ("f i(p s ...) out=1:4 printf", "names no plain argument"),
    ("f i(p) raw out=1:4", "prepare their outputs themselves"),
    ("f i(p) swap=1", "names no plain pointer"),
    ("f i(p) swap=2:thing", "names no plain pointer"),
    ("f i(s) swap=1:thing", "names no plain pointer"),
    ("f i(p s ...) printf swap=1:thing", "names no plain pointer"),
    ("f i(p) raw swap=1:thing", "prepare their outputs themselves"),
    ("data d 4 swap=1:thing", "unknown attribute"),
    ("optional a-b", "optional SYMBOL... expected"),
    ("f i() v=", "unknown attribute 'v='"),
    ("f i() v=2.14,", "unknown attribute"),
    ("f@OLD i() v=2.14", "unknown attribute"),
    ("version A B", "version VERSION expected"),
    ("f i() my raw", "exclude each other"),
    ("f i() mine", "unknown attribute 'mine'"),
    ("f i() sync=nothing", "sync=nothing is not"),
    ("f i() sync=", "unknown attribute"),
    ("good i()", "already on line 2"),
    ("data d", "data NAME SIZE expected"),
    ("data d four", "data NAME SIZE expected"),
    ("data d 4 raw", "data takes only"),
    ("callback c", "callback NAME SIGNATURE expected"),
    ("callback c i(s ...)", "cannot take variable arguments"),
    ("layout tm", "layout STRUCT SIZE"),
    ("skip x", "REASON expected"),
    ("skip good: because", "both skipped and bound"),
]


def write(folder, text, name="t.sigs"):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


class WrapgenTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)

    def test_bad_lines(self):
        for line, message in BAD:
            path = write(self.dir.name, "lib l.so\ngood i(p)\n%s\n" % line)
            with self.assertRaises(wrapgen.Bad, msg=line) as caught:
                wrapgen.read_libs([path])
            text = str(caught.exception)
            self.assertIn(message, text)
            place = ":2:" if "skipped" in message else ":3:"
            self.assertTrue(text.startswith(path + place), "%s: %s" % (line, text))

    def test_status_and_message(self):
        path = write(self.dir.name, "lib l.so\nf i(zz)\n")
        done = subprocess.run([sys.executable, sys.argv[1], "gen", self.dir.name, path], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "wrapgen: %s:2: unknown type at 'zz)'\n" % path)

    def compile_check(self, rows):
        includes = ("string", "stdlib", "math", "stdio", "time")
        path = write(self.dir.name, "lib l.so\n" + "".join("include <%s.h>\n" % i for i in includes) + rows)
        out = os.path.join(self.dir.name, "check.c")
        wrapgen.check(out, CC, [path])
        done = subprocess.run(CC + ["-std=gnu11", "-w", "-c", out, "-o", os.devnull], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    def test_check_passes(self):
        status, text = self.compile_check("memcpy p(p p ul)\nsin d(d)\nfprintf i(p s ...) printf\nvprintf i(s va) printf\nsinl D(D)\n")
        self.assertEqual(status, 0, text)

    def test_check_fails(self):
        for row, message in [
                ("memcpy p(p p ui)", "argument 3 of memcpy is not 'ui'"), ("memcpy p(p ul)", "memcpy has 3 parameters"),
                ("memcpy p(p p d)", "argument 3"), ("memcpy p(l p ul)", "argument 1"), ("memcpy i(p p ul)", "the result of memcpy"),
                ("sin f(d)", "the result of sin"), ("sin d(l)", "argument 1"), ("sinl d(d)", "sinl"), ("sinf d(d)", "sinf"),
                ("fprintf i(p s)", "and ..."), ("rewind i(p)", "the result of rewind"), ("fclose v(p)", "fclose has a result"),
                ("data stdin 4", "size of stdin"), ("layout tm 48", "size of struct tm"), ("layout tm 56 tm_min=8", "place of tm_min"),
                ("layout div_t 12", "size of div_t"), ("layout div_t 8 rem=0", "place of rem"),
                ("fputc i(p p)", "argument 1 of fputc")]:
            status, text = self.compile_check(row + "\n")
            self.assertNotEqual(status, 0, row)
            self.assertIn(message, text, row)
            self.assertIn("t.sigs:7:", text, row)

    def test_output_is_stable(self):
        for round_ in ("a", "b"):
            subprocess.run([sys.executable, sys.argv[1], "gen", os.path.join(self.dir.name, round_)] + SIGS, check=True,
                           env=dict(os.environ, PYTHONHASHSEED="1" if round_ == "a" else "2"))
        for name in os.listdir(os.path.join(self.dir.name, "a")):
            with open(os.path.join(self.dir.name, "a", name), encoding="utf-8") as a, \
                    open(os.path.join(self.dir.name, "b", name), encoding="utf-8") as b:
                self.assertEqual(a.read(), b.read(), name)

    def test_rows_are_sorted_for_bsearch(self):
        libs, _ = wrapgen.read_libs(SIGS)
        for lib in libs:
            names = [line.split('"')[1].encode() for line in wrapgen.emit_lib(lib) if line.startswith('    {"')]
            self.assertEqual(names, sorted(names))
            self.assertEqual(len(names), len(lib.rows))

    def test_damaged_files(self):
        """Random damage: either it is read, or it is Bad with a place; nothing else."""
        rng = random.Random(7)
        with open(SIGS[0], encoding="utf-8") as f:
            lines = f.read().splitlines()
        for _ in range(3000):
            some = [lines[0]] + ["lib l.so"] + rng.sample(lines, 12)
            text = list("\n".join(some))
            for _ in range(rng.randrange(1, 8)):
                at = rng.randrange(len(text))
                what = rng.random()
                if what < 0.4:
                    text[at] = rng.choice("(){}.:=,|@ \nSvpcbo\t\x00\xe9")
                elif what < 0.7:
                    del text[at]
                else:
                    text.insert(at, rng.choice("({S.:cb o:va "))
            path = write(self.dir.name, "".join(text))
            try:
                libs, callbacks = wrapgen.read_libs([path])
                wrapgen.emit_common(libs, callbacks, "t")
                wrapgen.emit_my_header(libs, "t")
                wrapgen.emit_lib(libs[0])
            except wrapgen.Bad as bad:
                self.assertRegex(str(bad), r"t\.sigs:\d+: |^callback ")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
