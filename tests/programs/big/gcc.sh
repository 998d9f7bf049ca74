# The compilers: C, C++ with exceptions, an error message.
printf '#include <stdio.h>\nint main(void) { printf("hello %%d\\n", 42); return 3; }\n' >h.c
$B gcc -O2 h.c -o h; echo $?
$B ./h; echo $?
cksum <h
printf '%s\n' '#include <iostream>' '#include <map>' '#include <string>' 'int main() { std::map<std::string, int> m{{"a", 1}};' \
    'try { m.at("b"); } catch (std::exception &e) { std::cout << e.what() << m["a"]; } }' >c.cc
$B g++ -O1 c.cc -o c && $B ./c && cksum <c
$B gcc -c -xc - <<<'int f( { }' 2>&1
