/*
 * start.c - the host thread under a guest thread: start, run, end.
 * A guest thread ends by jumping back into its host thread's start function, so that the host's
 * libc frees the host stack. The main thread ends by the raw system call: the process lives on
 * until its last thread is gone.
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/log.h"
#include "interp/interp.h"
#include "mem/mem.h"
#include "thread/internal.h"

/* The interpreter needs little; callbacks into native libraries run on this stack too. */
#define HOST_STACK (1u << 20)

struct start {
    struct thr *t;
    gaddr set_parent_tid;
    int tid; /* futex: 0 until the new thread has published its tid */
};

static void futex_wake(void *word, int n)
{
    syscall(SYS_futex, word, FUTEX_WAKE, n, NULL, NULL, 0);
}

static void publish(struct start *s, struct thr *t)
{
    t->tid = (int)syscall(SYS_gettid);
    if (s->set_parent_tid)
        st_u32(g2h(s->set_parent_tid), (u32)t->tid);
    if (t->set_child_tid && mem_writable(t->set_child_tid, 4))
        st_u32(g2h(t->set_child_tid), (u32)t->tid);
    thr_list_add(t);
    __atomic_store_n(&s->tid, t->tid, __ATOMIC_RELEASE);
    futex_wake(&s->tid,
               1); /* s may be gone already: a wake of an address nobody waits on is harmless */
}

static void *host_main(void *arg)
{
    struct start *s = arg;
    struct thr *t = s->t;
    sigjmp_buf jb;

    thr_current = t;
    t->exit_jmp = &jb;
    publish(s, t);
    if (!sigsetjmp(jb, 0)) {
        if (thr_hooks.start)
            thr_hooks.start(t);
        interp_run(&t->cpu);
        die("guest thread %d returned", t->tid);
    }
    return NULL;
}

int thr_start(struct thr *t, gaddr set_parent_tid)
{
    struct start s = {.t = t, .set_parent_tid = set_parent_tid};
    pthread_attr_t attr;
    pthread_t host;
    u64 mask = thr_host_block_all();
    int err;

    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, HOST_STACK);
    err = pthread_create(&host, &attr, host_main, &s);
    pthread_attr_destroy(&attr);
    while (!err && !__atomic_load_n(&s.tid, __ATOMIC_ACQUIRE))
        syscall(SYS_futex, &s.tid, FUTEX_WAIT, 0, NULL, NULL, 0);
    thr_host_mask(mask);
    return err ? -err : s.tid;
}

void thr_exit(int status)
{
    struct thr *t = thr_self();
    sigjmp_buf *jb = t->exit_jmp;
    gaddr clear = t->clear_child_tid;
    bool adopted = t->adopted;

    if (t->vfork_child)
        thr_exit_group(status);
    thr_host_block_all();
    thr_robust_exit(t);
    if (!adopted) { /* an adopted thread's record goes with its pthread key */
        thr_current = NULL;
        thr_free(t);
    }
    /* Last: who waits for this may free the thread's guest memory. */
    if (clear && mem_writable(clear, 4)) {
        __atomic_store_n((u32 *)g2h(clear), 0, __ATOMIC_RELEASE);
        futex_wake(g2h(clear), 1);
    }
    if (adopted)
        pthread_exit(NULL);
    if (jb)
        siglongjmp(*jb, 1);
    for (;;)
        syscall(SYS_exit, status);
}

void thr_exit_group(int status)
{
    if (interp_jit)
        interp_jit->report();
    for (;;)
        syscall(SYS_exit_group, status);
}
