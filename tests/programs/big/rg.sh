# ripgrep: a Rust program, with its own threads and memory-mapped files.
$B rg --sort path -n 'ing$|^[a-c]' "$DATA" | cksum
$B rg -j 4 -c e "$DATA" | sort
$B rg --json -m 1 'select' "$DATA" -i |
    sed -E 's/"(secs|nanos|human|elapsed|elapsed_total|bytes_printed)":("[^"]*"|[0-9]+)//g' | sort | cksum
$B rg nothing_like_that "$DATA"; echo $?
