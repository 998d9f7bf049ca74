/*
 * outputs.c - prepares what the kernel will write (outputs.h). Invariant: while a lock of the
 * engine is held no guest handler runs on this thread, so native code is left for as long.
 */
#include "bridge/outputs.h"

#include "base/bits.h"
#include "mem/mem.h"
#include "signal/signal.h"

#define MAX_VECTORS 1024u /* UIO_MAXIOV: the kernel takes no more */
#define AIO_BUF 16        /* struct aiocb of every 64-bit host: buffer, size */
#define AIO_SIZE 168
#define MMSG_SIZE 64

static void prepare(const void *p, u64 size)
{
    struct thr *t;
    u64 native;

    if (LIKELY(!mem_is_watched(h2g(p), size)))
        return;
    t = thr_self();
    native = t ? sig_native_suspend(t) : 0;
    mem_prepare_write(h2g(p), size);
    if (native)
        sig_native_resume(t, native);
}

void br_out(const void *p, u64 size)
{
    if (p)
        prepare(p, size);
}

u64 br_out_size(const void *p)
{
    u32 n;

    return p && mem_any_watched() && sig_read(&n, h2g(p), sizeof n) ? n : 0;
}

void br_out_iov(const void *iov, u64 n)
{
    u64 v[2];

    if (!mem_any_watched())
        return;
    for (u64 i = 0; i < n && i < MAX_VECTORS && sig_read(v, h2g(iov) + 16 * i, sizeof v); i++)
        prepare(g2h(v[0]), v[1]);
}

void br_out_msg(const void *msg)
{
    u64 h[7]; /* name, namelen, iov, iovlen, control, controllen, flags */

    if (!mem_any_watched() || !sig_read(h, h2g(msg), sizeof h))
        return;
    prepare(g2h(h[0]), (u32)h[1]);
    br_out_iov(g2h(h[2]), h[3]);
    prepare(g2h(h[4]), h[5]);
    prepare(msg, sizeof h);
}

void br_out_mmsg(const void *msgs, u64 n)
{
    const u8 *at = msgs;

    if (!mem_any_watched())
        return;
    for (u64 i = 0; i < n && i < MAX_VECTORS; i++, at += MMSG_SIZE) {
        br_out_msg(at);
        prepare(at, MMSG_SIZE);
    }
}

void br_out_aio(const void *cb)
{
    u64 v[2];

    if (!mem_any_watched() || !cb || !sig_read(v, h2g(cb) + AIO_BUF, sizeof v))
        return;
    prepare(g2h(v[0]), v[1]);
    prepare(cb, AIO_SIZE);
}

void br_out_aios(const void *list, u64 n)
{
    u64 cb;

    if (!mem_any_watched())
        return;
    for (u64 i = 0; i < n && sig_read(&cb, h2g(list) + 8 * i, sizeof cb); i++)
        br_out_aio(g2h(cb));
}
