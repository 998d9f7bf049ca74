/*
 * libc_string.c - functions that newer guests import and older native libcs lack (glibc 2.38), and
 * stime.
 */
#include "libc.h"

#include <time.h>
#include <wchar.h>

#define BOUNDED(name, type, length, copy)                                                          \
    static u64 name##_copy(type *to, const type *from, u64 size)                                   \
    {                                                                                              \
        u64 n = length(from), k = n < size ? n : size - 1;                                         \
        if (size) {                                                                                \
            copy(to, from, k);                                                                     \
            to[k] = 0;                                                                             \
        }                                                                                          \
        return n;                                                                                  \
    }                                                                                              \
    static u64 name##_append(type *to, const type *from, u64 size)                                 \
    {                                                                                              \
        u64 have = 0;                                                                              \
        while (have < size && to[have])                                                            \
            have++;                                                                                \
        return have + (have == size ? length(from) : name##_copy(to + have, from, size - have));   \
    }
BOUNDED(str, char, strlen, memcpy)
BOUNDED(wcs, wchar_t, wcslen, wmemcpy)

static void fits(u64 size, u64 room)
{
    if (size > room)
        die("the guest copies %llu characters into %llu", (unsigned long long)size,
            (unsigned long long)room);
}

u64 my_strlcpy(void *to, const char *from, u64 size)
{
    return str_copy(to, from, size);
}

u64 my_strlcat(void *to, const char *from, u64 size)
{
    return str_append(to, from, size);
}

u64 my_wcslcpy(void *to, void *from, u64 size)
{
    return wcs_copy(to, from, size);
}

u64 my_wcslcat(void *to, void *from, u64 size)
{
    return wcs_append(to, from, size);
}

u64 my___strlcpy_chk(void *to, const char *from, u64 size, u64 room)
{
    fits(size, room);
    return str_copy(to, from, size);
}

u64 my___strlcat_chk(void *to, const char *from, u64 size, u64 room)
{
    fits(size, room);
    return str_append(to, from, size);
}

u64 my___wcslcpy_chk(void *to, void *from, u64 size, u64 room)
{
    fits(size, room);
    return wcs_copy(to, from, size);
}

u64 my___wcslcat_chk(void *to, void *from, u64 size, u64 room)
{
    fits(size, room);
    return wcs_append(to, from, size);
}

i32 my_stime(void *when)
{
    struct timespec t = {.tv_sec = *(time_t *)when};
    return clock_settime(CLOCK_REALTIME, &t);
}
