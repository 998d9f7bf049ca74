# needs: /usr/bin/node
$B /usr/bin/node "$MACHINE/bench.js"
