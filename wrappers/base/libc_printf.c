/*
 * libc_printf.c - printf's registries. Handlers would get a native va_list and run inside native
 * printf, so the registries are full from the start: registering fails as their pages say, and
 * libquadmath (the user of them) does without %Q.
 */
#include "libc.h"

static i32 full(void)
{
    errno = ENOSPC;
    return -1;
}

i32 my_register_printf_type(void *fn)
{
    (void)fn;
    return full();
}

i32 my_register_printf_modifier(void *name)
{
    (void)name;
    return full();
}

i32 my_register_printf_specifier(i32 c, void *print, void *arginfo)
{
    (void)c;
    (void)print;
    (void)arginfo;
    return full();
}
