# needs: /usr/bin/bash
$B /usr/bin/bash "$MACHINE/jobs.bash" 2>&1 | sed 's/[0-9]\{3,\}/N/g'
