# Pipes, subshells, here documents, traps, arithmetic, arrays, redirections, background jobs.
data=$1
cat "$data/words.txt" | cut -d' ' -f1 | tr a-z A-Z | sort | uniq | wc -l
(cd / && pwd)
sum=0
while read -r word n; do
    sum=$((sum + n))
done <"$data/words.txt"
echo "sum $sum"
arr=(alpha beta gamma)
for i in "${!arr[@]}"; do
    echo "$i ${arr[$i]^^}"
done
cat <<END
here ${#arr[@]} $((1 << 20)) ${data##*/}
END
trap 'echo got usr1' USR1
kill -USR1 $$
{ sleep 0.05; echo from background; } &
wait $!
echo "status $?"
printf '%s\n' one two three | while read -r x; do echo "<$x>"; done
false || echo or
diff <(seq 1 5) <(seq 2 6)
echo "last $?"
type -t echo
[[ abc123 =~ ([a-z]+)([0-9]+) ]] && echo "${BASH_REMATCH[2]}-${BASH_REMATCH[1]}"
exit 5
