"""run_guest.py BOX64 FOLDER NAME [--repeat N] [--run WORDS] - one guest program, natively and N times through box64: stdout, stderr
and exit status must be equal. On a foreign host --run is the QEMU command line; programs then see UNDER_QEMU in their environment.
"""
import glob
import os
import platform
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import under_qemu  # noqa: E402

SKIP = 77
LIMIT = 240


def group(leader):
    """Processes of the session that leader began."""
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path) as f:
                text = f.read()
        except OSError:
            continue
        if int(text.rpartition(")")[2].split()[3]) == leader:
            yield int(text.split()[0])


def show_hang(leader):
    """What a program that does not end waits for: each task's state and system call, and host stacks where gdb is there."""
    for pid in sorted(group(leader)):
        for task in sorted(glob.glob("/proc/%d/task/*" % pid))[:40]:
            words = []
            for name in ("comm", "wchan", "syscall"):
                try:
                    with open(os.path.join(task, name)) as f:
                        words.append(f.read().strip())
                except OSError as e:
                    words.append(str(e.strerror))
            print("task", task, *words)
        if shutil.which("gdb"):
            done = subprocess.run(["gdb", "-p", str(pid), "-batch", "-ex", "thread apply all bt 12"], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, check=False, timeout=60)
            print("\n".join(l for l in done.stdout.splitlines() if l.startswith(("#", "Thread")))[:12000])


def run(argv, more):
    # What malloc gives is never zero by luck: a wrapper that reads what the native library did not set fails every time.
    env = dict(os.environ, MALLOC_PERTURB_="165", **more)
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          start_new_session=True) as p:
        try:
            out, err = p.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            show_hang(p.pid)
            os.killpg(p.pid, signal.SIGKILL)
            out, err = p.communicate()
            return "no end in %d s" % LIMIT, out, err
    return p.returncode, out, err


def main():
    box64, folder, name, *rest = sys.argv[1:]
    repeat = int(rest[1]) if rest[:1] == ["--repeat"] else 1
    runner = rest[rest.index("--run") + 1:] if "--run" in rest else []
    more = {"UNDER_QEMU": "1"} if runner else {}
    program = os.path.join(folder, name)
    if platform.machine() != "x86_64":
        print("no x86-64 CPU to judge by")
        return SKIP
    want = run([program], more)
    bad = 0
    for _ in range(repeat):
        got = under_qemu.survived(lambda: run(runner + [box64, program], more))
        for what, a, b in zip(("status", "stdout", "stderr"), want, got):
            if a != b:
                print("%s: native %r\nbox64 %r" % (what, a, b))
        bad += want != got
    under_qemu.print_left_out(want[1])
    print("%d of %d runs as the native one" % (repeat - bad, repeat))
    return bad != 0


sys.exit(main())
