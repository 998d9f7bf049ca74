"""complete.py CC ROOT - every function of the A64 encoder headers is named in a sweep of tests/enc.

The preprocessor expands the lists; its line markers tell which file a name comes from.
"""
import glob
import os
import re
import subprocess
import sys

HEADERS = ("dynarec/arm64/enc.h", "dynarec/arm64/enc_fp.h")
MARKER = re.compile(r'# \d+ "([^"]*)"')
DEFINED = re.compile(r"static inline [\w ]+ (a64_\w+)\s*\(")
NAMED = re.compile(r"\ba64_\w+")
# Called by a64_vimm and the offset helpers only.
INNER = {"a64_one_byte", "a64_vimm32", "a64_vimm16", "a64_vimm_mask", "a64_offset_field", "a64_fits_signed"}


def main():
    compiler, root = sys.argv[1:]
    defined, named = set(), set()
    for source in sorted(glob.glob(os.path.join(root, "tests/enc/*.c"))):
        text = subprocess.run([compiler, "-E", "-I", root, "-I", os.path.join(root, "engine"), "-I",
                               os.path.join(root, "tests"), source], check=True, stdout=subprocess.PIPE, text=True).stdout
        in_header = in_test = False
        for line in text.splitlines():
            marker = MARKER.match(line)
            if marker:
                in_header, in_test = marker[1].endswith(HEADERS), "tests/enc/" in marker[1]
            elif in_header:
                defined.update(DEFINED.findall(line))
            elif in_test:
                named.update(NAMED.findall(line))
    missing = sorted(defined - named - INNER)
    for name in missing:
        print(f"{name}: in no sweep")
    print(f"{len(defined)} functions, {len(missing)} in no sweep")
    return bool(missing) or len(defined) < 500


if __name__ == "__main__":
    sys.exit(main())
