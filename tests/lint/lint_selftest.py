"""lint_selftest.py - each lint check finds what it is for, and nothing in a tree that is right.

A case is a tree of files and the number of findings that a check has in it.
"""
import os
import sys
import tempfile

import lint

HEAD = "/*\n * {} - a file.\n */\n"


def c_file(name, body):
    return HEAD.format(name) + body


def function(name, lines):
    return f"static void {name}(void)\n{{\n" + "    ;\n" * (lines - 2) + "}\n"


HOME = "/" + "root/x"
TEMPORARY = "/" + "tmp/mine"
MIRROR = "http://" + "deb.debian" + ".org/debian"

CASES = [
    ("deps", 0, {"engine/elf/a.c": '#include "elf/a.h"\n#include "base/a.h"\n#include <stdio.h>\n'}),
    ("deps", 1, {"engine/base/a.c": '#include "x86/insn.h"\n'}),
    ("deps", 1, {"engine/elf/a.c": '#include "linux/sys.h"\n'}),
    ("deps", 1, {"engine/mem/a.h": '#  include "elf/a.h"\n'}),
    ("deps", 1, {"engine/mem/a.c": '#include "wrappers/a.h"\n'}),
    ("deps", 1, {"engine/mem/a.c": '#include "../base/types.h"\n'}),
    ("deps", 1, {"engine/interp/a.c": "#include <stdio.h>\n"}),
    ("deps", 0, {"engine/interp/a.c": "#include <string.h>\n"}),
    ("deps", 1, {"dynarec/core/a.c": '#include "linux/sys.h"\n'}),
    ("deps", 0, {"engine/main.c": '#include "linux/sys.h"\n#include "wrappers/a.h"\n'}),
    ("arch", 1, {"engine/mem/a.c": "#ifdef __x86_64__\n#endif\n"}),
    ("arch", 1, {"engine/mem/a.c": "#if defined(__aarch64__)\n#endif\n"}),
    ("arch", 1, {"engine/mem/a.h": "#include <immintrin.h>\n"}),
    ("arch", 0, {"engine/mem/a.h": '#include "x86/cpuid.h"\n'}),
    ("arch", 1, {"engine/mem/a.c": '    __asm__ volatile("nop");\n'}),
    ("arch", 0, {"engine/mem/a.c": '    __asm__ volatile("" ::: "memory");\n'}),
    ("arch", 0, {"engine/mem/x86_64/a.c": "#ifdef __x86_64__\n#endif\n"}),
    ("arch", 0, {"tests/x86/a.c": "#ifdef __x86_64__\n#endif\n"}),
    ("functions", 0, {"engine/mem/a.c": function("f", 120)}),
    ("functions", 1, {"engine/mem/a.c": function("f", 121)}),
    ("functions", 1, {"engine/mem/a.c": function("f", 3) + "\n" + function("g", 300)}),
    ("paths", 1, {"a.md": f"see {HOME}\n"}),
    ("paths", 1, {"scripts/a": f"#!/bin/sh\ncp a {TEMPORARY}\n"}),
    ("paths", 1, {"CMakeLists.txt": f"# {MIRROR}\n"}),
    ("paths", 0, {"a.c": "/" + "tmp/xXXXXXX and /" + "tmp/box64-x\n"}),
    ("paths", 0, {"a.md": "/usr/lib, $HOME/root/x, ${TMP}/tmp/x and /tmp\n"}),
    ("style", 0, {"engine/a.c": c_file("a.c", "int x;\n")}),
    ("style", 1, {"engine/a.c": "int x;\n"}),
    ("style", 1, {"engine/a.c": c_file("a.c", "int x; \n")}),
    ("style", 1, {"engine/a.c": c_file("a.c", "\tint x;\n")}),
    ("style", 1, {"engine/a.c": c_file("a.c", "int x;")}),
    ("style", 1, {"engine/a.c": c_file("a.c", "/* " + "x" * 100 + "\n")}),
    ("style", 1, {"engine/a.c": c_file("a.c", "/* clang-format off */\nint " + "x" * 100 + ";\n"
                                       "/* clang-format on */\nint " + "y" * 100 + ";\n")}),
    ("style", 1, {"scripts/a": "#!/bin/sh\n# a - " + "x" * 140 + "\n"}),
    ("style", 0, {"engine/a.def": "x" * 300 + "\n"}),
    ("style", 1, {"engine/a.def": "x \n"}),
    ("style", 1, {"scripts/a": "#!/bin/sh\ndo-things\n"}),
    ("style", 0, {"scripts/a": "#!/bin/sh\n# a - does things\n"}),
    ("style", 1, {"x/a.py": "import os\n"}),
]


def findings(check, files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as f:
                f.write(text)
        return list(lint.CHECKS[check](root))


def main():
    wrong = 0
    for check, wanted, files in CASES:
        got = findings(check, files)
        if len(got) != wanted:
            wrong += 1
            print(f"{check}: {len(got)} findings, not {wanted}, in {files}: {got}")
    # An entry of the list of long functions excuses one function, and must name one.
    lint.LONG_FUNCTIONS = {"engine/a.c:f": "a reason"}
    wrong += findings("functions", {"engine/a.c": function("f", 200)}) != []
    wrong += len(findings("functions", {"engine/a.c": function("g", 10)})) != 1
    for check in lint.CHECKS:
        if not any(c == check and n for c, n, _ in CASES):
            wrong += 1
            print(f"{check}: no case in which it fails")
    print(f"{len(CASES) + 2} cases, {wrong} wrong")
    sys.exit(1 if wrong else 0)


main()
