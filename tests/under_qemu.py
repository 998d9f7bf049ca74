"""What user-mode QEMU means for the guest programs of the tests: lines in which they say what they leave out (tests/left_out.h), and
deaths of QEMU's own. The run_*.py of bridge and linux use it.
"""
import os
import re

TRIES = 3
DEATH = b"QEMU internal SIGSEGV"


def prefix():
    """How such a line begins: the text's home is the header."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "left_out.h"), encoding="ascii") as f:
        return re.search(r'^#define LEFT_OUT "(.+)"$', f.read(), re.M).group(1)


def print_left_out(output):
    """The lines of a program's output (bytes) that say what it left out."""
    for line in output.decode(errors="replace").splitlines():
        if line.startswith(prefix()):
            print(line)


def survived(run):
    """The first result (status, stdout, stderr; bytes) of run() that is not QEMU's own death, of TRIES: QEMU sometimes faults in its own
    code where many threads have theirs changed, and its message tells. Such a run says nothing of box64."""
    for _ in range(TRIES):
        result = run()
        if DEATH not in result[2]:
            break
        print("QEMU died of a fault of its own:", result[2].decode(errors="replace").strip())
    return result
