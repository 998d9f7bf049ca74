# The Java virtual machine: compiler and a small benchmark.
cp "$BIG/Hello.java" . && javac Hello.java && $B java -cp . Hello
