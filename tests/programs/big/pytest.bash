# pytest.bash MODULE [-i CASES]...: every test of one of Python's test modules and what became of it; -u none: no network, no big files.
# A machine's vsock devices differ.
module=$1
shift
$B python3 -W ignore -m test -v -u none -i "*VSOCK*" "$@" "$module" >log 2>&1
echo "status $?"
grep -E ' \.\.\. |^(FAIL|ERROR): |^Ran [0-9]+ tests|^(OK|FAILED)' log |
    sed -E 's/ in [0-9.]+s$//; s/0x[0-9a-f]+/N/g; s/ \.\.\. (FAIL|ERROR|skipped|expected)?.*$/ \1/' | sort
