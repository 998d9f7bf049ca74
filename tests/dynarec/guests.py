"""What the tests of this folder that run guest programs share: their arguments, the x86-64 compiler, and runs under
box64."""
import argparse
import os
import shutil
import subprocess

COMPILER = "gcc" if os.uname().machine == "x86_64" else "x86_64-linux-gnu-gcc"


def parser():
    p = argparse.ArgumentParser()
    p.add_argument("--box64", required=True)
    p.add_argument("--tree", required=True)
    p.add_argument("--qemu")
    p.add_argument("--prefix")
    p.add_argument("--cpu", default="max")
    return p


def missing(options):
    """True: programs can be neither built nor run; the test's exit status is 77 then."""
    if shutil.which(COMPILER) and os.path.isdir(options.tree):
        return False
    print("no", COMPILER, "or no", options.tree)
    return True


def run(options, words, settings, **how):
    """Runs a guest program with these options of box64 (without "BOX64_"), their values strings; how: for
    subprocess.run."""
    emulator = [options.qemu, "-cpu", options.cpu, "-L", options.prefix] if options.qemu else []
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C",
           "BOX64_LD_LIBRARY_PATH": f"{options.tree}/usr/lib/x86_64-linux-gnu"}
    env.update({f"BOX64_{name}": value for name, value in settings.items()})
    return subprocess.run(emulator + [options.box64] + words, env=env, check=False, **how)
