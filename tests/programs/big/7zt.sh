# 7-Zip: pack, test, unpack.
$B 7z a -bso0 -bsp0 -mx3 a.7z "$DATA" && $B 7z t -bsp0 a.7z | grep -E '^(Everything|Files|Size)' && $B 7z x -bso0 -bsp0 -oout a.7z
diff -r "$DATA" out/data && echo same
