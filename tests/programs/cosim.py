"""Translated code compared with the interpreter on the way (BOX64_DYNAREC_TEST): what run_programs.py and run_big.py share."""

import os
import re

TOTALS = re.compile(r"cosim: (\d+) of (\d+) entries and (\d+) instructions compared, (\d+) could not be, (\d+) differences\n")


def settings(folder, sample):
    """Environment: one entry into translated code of `sample` is compared, each process tells in a file of the folder."""
    return {"BOX64_DYNAREC_TEST": str(sample), "BOX64_TRACE_FILE": f"{folder}/%pid"}


class Told:
    """What the files in the folder say together."""

    def __init__(self, folder):
        text = ""
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), errors="replace", encoding="utf-8") as file:
                text += file.read()
        totals = [[int(n) for n in found] for found in TOTALS.findall(text)]
        self.entries, self.of, self.instructions, self.left_out, self.differences = [sum(c) for c in zip(*totals)] or [0] * 5
        self.text = TOTALS.sub("", text)

    def good(self, status):
        """A process that dies of a signal tells nothing."""
        return not self.differences and (self.entries > 0 or (isinstance(status, int) and status < 0))

    def __str__(self):
        return (f"{self.entries} of {self.of} entries, {self.instructions} instructions compared, {self.left_out} could not be, "
                f"{self.differences} differences")
