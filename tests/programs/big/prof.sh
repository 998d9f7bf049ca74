# SIGPROF at 1 kHz over the interpreter of python, json, re, zlib and hashlib.
$B python3 $BIG/prof.py 60 || echo failed
