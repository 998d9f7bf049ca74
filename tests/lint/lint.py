"""lint.py CHECK [ROOT] - one rule of the house over the tree at ROOT; each finding is one line.

Checks: deps, arch, functions, paths, style. The rules are in HACKING.md; the numbers and exceptions
are here and nowhere else. lint_selftest.py proves that each check can fail.
"""
import os
import re
import sys

# A room includes itself and what stands before it.
ROOMS = ["base", "x86", "interp", "config", "mem", "thread", "signal", "bridge", "elf", "linux"]

# Rooms outside engine/, and what they may include.
OUTER = {
    "dynarec": {"base", "x86", "interp", "config", "mem", "dynarec"},
    "wrappers": set(ROOMS) | {"wrappers"},
    "main": set(ROOMS) | {"dynarec", "wrappers", "main"},
    "launcher-gui": {"launcher-gui"},
}

# Rooms that need nothing of libc but these.
FREESTANDING = {"base", "x86", "interp"}
FREESTANDING_HEADERS = {
    "limits.h", "setjmp.h", "stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h",
    "string.h",
}
FREESTANDING_EXCEPT = {
    "engine/base/heap.c": "it maps memory, and waits for the thread that has the lock",
    "engine/base/log.c": "it is the one that writes to file descriptors",
    "engine/interp/block.c": "errno is kept, and blocks wait for the thread that makes them",
    "engine/interp/interp.c": "allocates a thread's state and returns -errno",
}

ARCH_FOLDERS = {"x86_64", "aarch64", "riscv64", "loongarch64", "arm64", "rv64", "la64"}
ARCH_FREE_TOPS = {"tests", "bench"}
ARCH_WORDS = re.compile(
    r"\b__(x86_64|amd64|i[3-6]86|aarch64|arm|ARM_\w+|riscv\w*|loongarch\w*|SSE\w*|AVX\w*)(__)?\b"
    r"|<(\w*intrin|arm_\w+|cpuid|riscv_vector)\.h>")
# An empty text is a compiler barrier and means the same everywhere.
ASM_WITH_TEXT = re.compile(r'\b(__asm__|asm|__asm)\b\s*(volatile|__volatile__|goto)?\s*\(\s*"[^"]')

FUNCTION_LINES = 120
# "path:function" -> why it may be longer.
LONG_FUNCTIONS = {}

COLUMNS = 100
SCRIPT_COLUMNS = 140
# Tables are laid out by hand; pages are prose.
CODE = (".c", ".h", ".S", ".py", ".sh", ".inc")
TABLES = (".def", ".tbl", ".sigs", ".rc")

TEXT = CODE + TABLES + (".txt", ".md", ".json", ".cmake", ".1", ".yml", ".ui", "")
SKIPPED_FOLDERS = {".git", "build", "__pycache__"}

# Put together here so that this file does not contain what it looks for.
MACHINE_PATHS = re.compile(
    r"(?<![\w.$}])/(work|root|home/\w+)/\w"
    r"|(?<![\w.$}])/" + r"tmp/(?!box64-|[\w.-]*XXXXXX)[a-z]\w*"
    r"|\b(deb|ftp|snapshot|archive|ports|security)[\w.-]*\.(debian\.org|ubuntu\.com)\b")


def walk(root):
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS)
        for name in sorted(files):
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                yield os.path.relpath(path, root)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def is_code(path):
    return path.endswith((".c", ".h", ".S", ".inc"))


def is_script(path, text):
    return path.endswith((".py", ".sh")) or text.startswith("#!")


def room_of(path):
    parts = path.split("/")
    if parts[0] == "engine":
        return parts[1] if len(parts) > 2 else "main"
    return parts[0]


def check_deps(root):
    """Includes go one way, and the lowest rooms do without libc."""
    for path in walk(root):
        room = room_of(path)
        if not is_code(path) or room not in set(ROOMS) | set(OUTER):
            continue
        allowed = OUTER.get(room) or set(ROOMS[:ROOMS.index(room) + 1])
        known = set(ROOMS) | set(OUTER)
        for number, line in enumerate(read(root, path).splitlines(), 1):
            m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not m:
                continue
            kind, name = m.groups()
            first = name.split("/")[0]
            if kind == '"' and "/" in name and first in known and first not in allowed:
                yield f"{path}:{number}: {room} must not include {name}"
            if kind == '"' and name.startswith("../"):
                yield f"{path}:{number}: includes are named from the top, not {name}"
            if (kind == "<" and room in FREESTANDING and name not in FREESTANDING_HEADERS
                    and path not in FREESTANDING_EXCEPT):
                yield f"{path}:{number}: {room} does without libc, but includes <{name}>"


def check_arch(root):
    """What only one CPU understands stands in a folder of that CPU."""
    for path in walk(root):
        parts = path.split("/")
        if not is_code(path) or parts[0] in ARCH_FREE_TOPS or ARCH_FOLDERS & set(parts[:-1]):
            continue
        for number, line in enumerate(read(root, path).splitlines(), 1):
            m = ARCH_WORDS.search(line) or ASM_WITH_TEXT.search(line)
            if m:
                yield f"{path}:{number}: {m.group(0).strip()} outside the folder of a CPU"


def functions(text):
    """(name, first line, number of lines) of each function whose braces stand in column 0."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if line != "{" or at == 0:
            continue
        head = at - 1
        while head > 0 and lines[head - 1].strip() and lines[head - 1][0] not in "}# ":
            head -= 1
        m = re.search(r"(\w+)\s*\(", " ".join(lines[head:at]))
        end = next((i for i in range(at, len(lines)) if lines[i].startswith("}")), len(lines) - 1)
        yield (m.group(1) if m else "?"), at + 1, end - at + 1


def check_functions(root):
    """No function is longer than a reader can keep in mind."""
    unused = set(LONG_FUNCTIONS)
    for path in walk(root):
        if not path.endswith((".c", ".h", ".inc")):
            continue
        for name, line, length in functions(read(root, path)):
            if f"{path}:{name}" in unused:
                unused.discard(f"{path}:{name}")
            elif length > FUNCTION_LINES:
                yield f"{path}:{line}: {name} has {length} lines, more than {FUNCTION_LINES}"
    for entry in sorted(unused):
        yield f"{entry}: on the list of long functions, but there is no such function"


def check_paths(root):
    """Nothing names a folder or a mirror of the machine it was written on."""
    for path in walk(root):
        if not path.endswith(TEXT):
            continue
        for number, line in enumerate(read(root, path).splitlines(), 1):
            m = MACHINE_PATHS.search(line)
            if m:
                yield f"{path}:{number}: {m.group(0)} belongs to a machine, not to the project"


def header_missing(path, text):
    """A file begins with a comment that says what it is for."""
    if is_code(path):
        return not text.startswith(("/*", "//", "# "))
    lines = [line for line in text.splitlines()[:2] if not line.startswith("#!")]
    return not (lines and lines[0].startswith(("# ", '\"\"\"')))


def check_style(root):
    """File heads, line length, blanks at line ends, tabs."""
    for path in walk(root):
        name = os.path.basename(path)
        text = read(root, path) if path.endswith(TEXT) else ""
        script = is_script(path, text)
        code = path.endswith(CODE) or script or name == "CMakeLists.txt"
        if not text or not (code or path.endswith(TABLES)):
            continue
        if (path.endswith(CODE) or script) and header_missing(path, text):
            yield f"{path}:1: no comment at its head"
        columns = COLUMNS if path.endswith((".c", ".h")) else SCRIPT_COLUMNS
        laid_out_by_hand = False
        if not text.endswith("\n") or text.endswith("\n\n"):
            yield f"{path}: does not end with one newline"
        for number, line in enumerate(text.splitlines(), 1):
            if "clang-format o" in line:
                laid_out_by_hand = "clang-format off" in line
            if line != line.rstrip():
                yield f"{path}:{number}: blanks at the end of the line"
            if "\t" in line and code:
                yield f"{path}:{number}: a tab"
            if code and len(line) > columns and not laid_out_by_hand and not unbreakable(line):
                yield f"{path}:{number}: {len(line)} columns, more than {columns}"


def unbreakable(line):
    """One word that cannot be broken, such as an address."""
    return len(line.split()) <= 2 and "://" in line


CHECKS = {
    "deps": check_deps,
    "arch": check_arch,
    "functions": check_functions,
    "paths": check_paths,
    "style": check_style,
}


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in CHECKS:
        sys.exit(__doc__)
    root = sys.argv[2] if len(sys.argv) == 3 else "."
    findings = list(CHECKS[sys.argv[1]](root))
    for finding in findings:
        print(finding)
    print(f"{sys.argv[1]}: {len(findings)} findings")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
