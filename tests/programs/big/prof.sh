$B python3 $BIG/prof.py 60 || echo failed
