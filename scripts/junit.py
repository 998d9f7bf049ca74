"""junit.py FILE - print "PASSED FAILED" of a JUnit file of ctest, for scripts/test.

On stderr: the output of each failed test, and of each skipped one the reason it gave, which is
the last line that it printed.
"""
import sys
import xml.etree.ElementTree as ET


def main():
    passed = failed = 0
    for case in ET.parse(sys.argv[1]).getroot().iter("testcase"):
        name, output = case.get("name"), (case.findtext("system-out") or "").strip()
        status = case.get("status")
        if status == "run":
            passed += 1
        elif status in ("notrun", "disabled"):
            skipped = case.find("skipped")
            why = skipped.get("message", "") if skipped is not None else ""
            if why.startswith("SKIP_"):
                print(f"skipped: {name}: {(output.splitlines() or ['no reason given'])[-1]}",
                      file=sys.stderr)
            else:
                failed += 1
                print(f"FAILED: {name}: not run: {why}", file=sys.stderr)
        else:
            failed += 1
            tail = "\n".join(output.splitlines()[-60:])
            print(f"FAILED: {name}\n{tail}", file=sys.stderr)
    print(passed, failed)


main()
