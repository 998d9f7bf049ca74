cp "$BIG/Hello.java" . && javac Hello.java && $B java -cp . Hello
