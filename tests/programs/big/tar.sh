# needs: /usr/bin/tar /usr/bin/gzip
$B /usr/bin/tar --sort=name --mtime=@0 --owner=0 --group=0 -czf a.tgz -C "$DATA" . && mkdir x && $B /usr/bin/tar -xvf a.tgz -C x | sort
diff -r x "$DATA" && $B /usr/bin/tar -tzf a.tgz | sort
