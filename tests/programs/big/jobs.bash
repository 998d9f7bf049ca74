trap 'echo usr1' USR1
trap 'echo exit $?' EXIT
kill -USR1 $$
(sleep 0.2; exit 4) &
wait $!
echo status $?
set -m
sleep 5 &
sleep 0.3
jobs
kill $!
wait $!
echo $?
(trap 'echo int; exit 9' INT; kill -INT $BASHPID; sleep 1)
echo $?
sleep 10 &
sleep 0.2
kill -STOP $!
sleep 0.3
jobs
kill -CONT $!
sleep 0.2
kill $!
wait $!
echo $?
cat <(echo substituted)
coproc cat
echo back >&"${COPROC[1]}"
read -r line <&"${COPROC[0]}"
echo "$line"
yes 2>/dev/null | head -n 1
trap 'echo alarm' ALRM
(sleep 0.2; kill -ALRM $$) &
wait
exit 6
