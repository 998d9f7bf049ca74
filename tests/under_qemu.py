"""User-mode QEMU sometimes faults in its own code where many threads have theirs changed; its message tells. Such a run says nothing
of box64, and is repeated.
"""
MESSAGE = b"QEMU internal SIGSEGV"
TRIES = 3


def survived(run):
    """The first result (status, stdout, stderr) of run() that is not QEMU's own death, of TRIES."""
    for _ in range(TRIES):
        result = run()
        if MESSAGE not in result[2]:
            break
        print("QEMU died of a fault of its own:", result[2].decode(errors="replace").strip())
    return result
