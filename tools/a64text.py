"""Text of A64 instruction words, by the objdump of binutils."""

import re
import shutil
import subprocess
import tempfile

LINE = re.compile(r"^\s*([0-9a-f]+):\s+[0-9a-f]{8}\s+(.*)$")
TARGET = re.compile(r"0x([0-9a-f]+)$")
# Words whose last operand depends on where they stand: (mask, value). Arm ARM C4.1.
RELATIVE = ((0x7c000000, 0x14000000), (0xff000010, 0x54000000), (0x7c000000, 0x34000000), (0x1f000000, 0x10000000),
            (0x3b000000, 0x18000000))


def objdump():
    """Name of an objdump that knows A64, or None."""
    for name in ("aarch64-linux-gnu-objdump", "objdump"):
        if shutil.which(name):
            known = subprocess.run([name, "--help"], capture_output=True, text=True, check=False).stdout
            if "aarch64" in known:
                return name
    return None


def disassemble(words, alone=False):
    """Text of each word; ".inst ..." where there is no disassembler. alone: offsets (".+8"), not places in the list."""
    plain = [f".inst 0x{word:08x}" for word in words]
    tool = objdump() if words else None
    if not tool:
        return plain
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"".join(word.to_bytes(4, "little") for word in words))
        file.flush()
        done = subprocess.run([tool, "-D", "-z", "-b", "binary", "-m", "aarch64", file.name],
                              capture_output=True, text=True, check=False)
    found = [match for match in map(LINE.match, done.stdout.splitlines()) if match]
    texts = [re.sub(r"\s+", " ", re.split(r"//|;", match[2])[0]).strip() for match in found]
    if len(texts) != len(words):
        return plain
    if alone:
        texts = [offset_text(text, word, 4 * i) for i, (text, word) in enumerate(zip(texts, words))]
    return texts


def offset_text(text, word, at):
    match = TARGET.search(text)
    if not match or not any(word & mask == value for mask, value in RELATIVE):
        return text
    return f"{text[:match.start()]}.{int(match[1], 16) - at:+#x}"
