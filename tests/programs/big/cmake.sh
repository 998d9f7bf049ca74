# CMake configures and ninja builds a program with a library.
printf '%s\n' 'cmake_minimum_required(VERSION 3.10)' 'project(x C)' 'add_library(l STATIC l.c)' 'add_executable(m m.c)' \
    'target_link_libraries(m l)' >CMakeLists.txt
echo 'int l(void) { return 7; }' >l.c
printf '#include <stdio.h>\nint l(void);\nint main(void) { printf("%%d\\n", l()); return 0; }\n' >m.c
$B cmake -G Ninja -S . -B b | grep -v seconds && $B ninja -C b | tail -n 1
$B b/m
