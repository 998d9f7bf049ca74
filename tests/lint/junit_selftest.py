"""junit_selftest.py JUNIT.PY - what scripts/test counts: a failed, missing or disabled test is a failure,
a skipped one is neither passed nor failed and gives its reason.
"""
import subprocess
import sys
import tempfile

CASES = """<testsuite>
<testcase name="good" status="run"><system-out>fine</system-out></testcase>
<testcase name="better" status="run"/>
<testcase name="bad" status="fail"><failure message=""/><system-out>broken</system-out></testcase>
<testcase name="skip" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
<system-out>first line\nno AVX here\n</system-out></testcase>
<testcase name="gone" status="notrun"><skipped message="Unable to find executable"/></testcase>
<testcase name="off" status="disabled"/>
</testsuite>
"""


def main():
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as f:
        f.write(CASES)
        f.flush()
        done = subprocess.run([sys.executable, sys.argv[1], f.name], capture_output=True, text=True,
                              check=False)
    wanted = ["FAILED: bad\nbroken", "skipped: skip: no AVX here", "FAILED: gone: not run", "FAILED: off"]
    right = done.stdout == "2 3\n" and all(w in done.stderr for w in wanted)
    if not right:
        print(done.stdout, done.stderr)
    sys.exit(0 if right else 1)


main()
