# Pack, list, unpack with gzip as a child.
$B tar --sort=name --mtime=@0 --owner=0 --group=0 -czf a.tgz -C "$DATA" . && mkdir x && $B tar -xvf a.tgz -C x | sort
diff -r x "$DATA" && $B tar -tzf a.tgz | sort
