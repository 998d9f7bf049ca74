# needs: /usr/bin/java /usr/bin/javac
cp "$MACHINE/Hello.java" . && /usr/bin/javac Hello.java && $B /usr/bin/java -cp . Hello
