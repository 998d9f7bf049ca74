/*
 * open_flags.c - O_* of x86-64 and of the host. They differ on aarch64 (asm/fcntl.h of the kernel);
 * glibc's <fcntl.h> hides O_LARGEFILE, so this file alone takes the kernel's header.
 */
#include <asm/fcntl.h>

#include "linux/linux.h"

static const struct {
    int guest, host;
} flags[] = {
    {01, O_WRONLY},         {02, O_RDWR},          {0100, O_CREAT},          {0200, O_EXCL},
    {0400, O_NOCTTY},       {01000, O_TRUNC},      {02000, O_APPEND},        {04000, O_NONBLOCK},
    {010000, O_DSYNC},      {020000, FASYNC},      {040000, O_DIRECT},       {0100000, O_LARGEFILE},
    {0200000, O_DIRECTORY}, {0400000, O_NOFOLLOW}, {01000000, O_NOATIME},    {02000000, O_CLOEXEC},
    {04000000, __O_SYNC},   {010000000, O_PATH},   {020000000, __O_TMPFILE},
};

int linux_open_flags_to_host(int guest)
{
    int host = 0, left = guest;

    for (unsigned i = 0; i < ARRAY_SIZE(flags); i++) {
        if (guest & flags[i].guest)
            host |= flags[i].host;
        left &= ~flags[i].guest;
    }
    return host | left;
}

int linux_open_flags_to_guest(int host)
{
    int guest = 0, left = host;

    for (unsigned i = 0; i < ARRAY_SIZE(flags); i++) {
        if (host & flags[i].host)
            guest |= flags[i].guest;
        left &= ~flags[i].host;
    }
    return guest | left;
}
