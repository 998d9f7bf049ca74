/*
 * guard.c - guest memory touched by the emulator: a fault inside comes back as "false" (the
 * syscalls make it EFAULT). host.c jumps here from the fault handler through st->guard. Guards do
 * not nest with anything but native callbacks.
 */
#include <errno.h>
#include <string.h>

#include "signal/internal.h"

#define BARRIER() __asm__ volatile("" ::: "memory")

static NOINLINE bool guarded_copy(struct sig_thread *st, void *dst, const void *src, size_t n)
{
    sigjmp_buf jb;
    sigjmp_buf *volatile outer = st->guard;

    if (sigsetjmp(jb, 0)) {
        st->guard = outer;
        return false;
    }
    st->guard = &jb;
    BARRIER();
    memcpy(dst, src, n);
    BARRIER();
    st->guard = outer;
    return true;
}

static bool copy(void *dst, const void *src, size_t n)
{
    struct thr *t = thr_self();

    if (t && t->sig)
        return guarded_copy(t->sig, dst, src, n);
    memcpy(dst, src, n);
    return true;
}

bool sig_read(void *dst, gaddr src, size_t n)
{
    return copy(dst, g2h(src), n);
}

bool sig_write(gaddr dst, const void *src, size_t n)
{
    return copy(g2h(dst), src, n);
}

/* Page by page: the string may end just before an unmapped page. */
i64 sig_read_str(char *dst, gaddr src, size_t max)
{
    size_t got = 0;

    while (got < max) {
        size_t n = 4096 - ((src + got) & 4095);
        const char *nul;

        if (n > max - got)
            n = max - got;
        if (n > 256)
            n = 256;
        if (!sig_read(dst + got, src + got, n))
            return -EFAULT;
        nul = memchr(dst + got, 0, n);
        if (nul)
            return nul - dst;
        got += n;
    }
    return -ENAMETOOLONG;
}
