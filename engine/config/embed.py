"""embed.py TEXT-FILE NAME OUT - write the file as the C string NAME, line by line."""
import sys


def quoted(line):
    out = "".join(c if 32 <= ord(c) < 127 and c not in '"\\?' else f"\\{ord(c):03o}" for c in line)
    return f'    "{out}"'


def main():
    path, name, out = sys.argv[1:]
    with open(path, encoding="latin-1", newline="") as f:
        lines = f.read().splitlines(keepends=True)
    with open(out, "w", encoding="ascii") as f:
        print("/* made from", path.split("/")[-1], "by embed.py */", file=f)
        print(f"static const char {name}[] =", file=f)
        print("\n".join(map(quoted, lines)) or '    ""', end=";\n", file=f)


main()
