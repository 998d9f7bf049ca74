/*
 * thread.c - thread records: the list of all, creation, adoption of native threads, fork.
 * Invariant: a listed record belongs to a live host thread (or one being started); only its own
 * thread changes it.
 */
#include "thread/thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/log.h"
#include "interp/interp.h"
#include "mem/mem.h"
#include "thread/internal.h"

#define ADOPTED_STACK (1u << 20)

__thread struct thr *thr_current;
struct thr_hooks thr_hooks;

static const struct x86_env *thr_env;
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct thr *list_head;
static unsigned list_count;
static pthread_key_t adopted_key;

u64 thr_host_block_all(void)
{
    u64 all = ~0ull, old = 0;

    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &old, sizeof all);
    return old;
}

void thr_host_mask(u64 mask)
{
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
}

/* The list lock is only held with signals blocked: a handler that runs guest code may ask for it.
 */
static u64 list_enter(void)
{
    u64 mask = thr_host_block_all();

    pthread_mutex_lock(&list_lock);
    return mask;
}

static void list_leave(u64 mask)
{
    pthread_mutex_unlock(&list_lock);
    thr_host_mask(mask);
}

void thr_list_add(struct thr *t)
{
    u64 mask = list_enter();

    t->prev = NULL;
    t->next = list_head;
    if (list_head)
        list_head->prev = t;
    list_head = t;
    list_count++;
    t->listed = true;
    list_leave(mask);
}

void thr_list_remove(struct thr *t)
{
    u64 mask = list_enter();

    if (t->listed) {
        if (t->prev)
            t->prev->next = t->next;
        else
            list_head = t->next;
        if (t->next)
            t->next->prev = t->prev;
        list_count--;
        t->listed = false;
    }
    list_leave(mask);
}

void thr_each(void (*fn)(struct thr *t, void *arg), void *arg)
{
    u64 mask = list_enter();

    for (struct thr *t = list_head; t; t = t->next)
        fn(t, arg);
    list_leave(mask);
}

struct thr *thr_by_tid(int tid)
{
    u64 mask = list_enter();
    struct thr *t = list_head;

    while (t && t->tid != tid)
        t = t->next;
    list_leave(mask);
    return t;
}

unsigned thr_count(void)
{
    return __atomic_load_n(&list_count, __ATOMIC_RELAXED);
}

struct thr *thr_new(const struct x86_cpu *from)
{
    struct thr *t = aligned_alloc(64, align_up_size(sizeof *t));
    struct thr *creator = thr_self();

    if (!t)
        return NULL;
    memset(t, 0, sizeof *t);
    x86_cpu_init(&t->cpu, thr_env);
    if (from) {
        t->cpu = *from;
        t->cpu.env = thr_env;
        t->cpu.leave = 0;
        t->cpu.pending = 0;
        t->cpu.cur = NULL;
        t->cpu.frame = NULL;
        t->cpu.interp = NULL;
        t->cpu.exc.vec = X86_EXC_NONE;
    }
    t->cpu.owner = t;
    if (creator)
        t->filters = creator->filters;
    if (interp_thread_init(&t->cpu) < 0) {
        free(t);
        return NULL;
    }
    if (thr_hooks.fresh && thr_hooks.fresh(t, creator) < 0) {
        interp_thread_exit(&t->cpu);
        free(t);
        return NULL;
    }
    return t;
}

void thr_free(struct thr *t)
{
    thr_list_remove(t);
    if (thr_hooks.gone)
        thr_hooks.gone(t);
    interp_thread_exit(&t->cpu);
    if (t->tls_free)
        t->tls_free(t);
    if (t->adopted && t->stack_lo)
        mem_munmap(t->stack_lo - GUEST_PAGE_SIZE, t->stack_hi - t->stack_lo + GUEST_PAGE_SIZE);
    free(t);
}

gaddr thr_stack_alloc(u64 size)
{
    i64 base = mem_mmap(0, size + GUEST_PAGE_SIZE, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    gaddr lo;

    if (base < 0 && base > -4096)
        return 0;
    lo = (gaddr)base + GUEST_PAGE_SIZE;
    if (mem_mprotect(lo, size, PROT_READ | PROT_WRITE) < 0) {
        mem_munmap((gaddr)base, size + GUEST_PAGE_SIZE);
        return 0;
    }
    mem_name(lo, lo + size, "[stack:tid]");
    return lo;
}

/* The native library's thread ends: pthread calls this for what thr_self_or_adopt made. */
static void adopted_gone(void *arg)
{
    struct thr *t = arg;

    thr_host_block_all();
    thr_current = NULL;
    thr_free(t);
}

struct thr *thr_self_or_adopt(void)
{
    struct thr *t = thr_current;
    u64 mask;

    if (LIKELY(t != NULL))
        return t;
    mask = thr_host_block_all();
    t = thr_new(NULL);
    if (!t)
        die("out of memory for a native library's thread");
    t->adopted = true;
    t->tid = (int)syscall(SYS_gettid);
    t->stack_lo = thr_stack_alloc(ADOPTED_STACK);
    if (!t->stack_lo)
        die("no guest stack for a native library's thread");
    t->stack_hi = t->stack_lo + ADOPTED_STACK;
    t->cpu.gpr[X86_RSP] = t->stack_hi - 64;
    thr_current = t;
    pthread_setspecific(adopted_key, t);
    thr_list_add(t);
    thr_host_mask(mask);
    if (thr_hooks.start)
        thr_hooks.start(t);
    return t;
}

void thr_attach(struct thr *t)
{
    t->tid = (int)syscall(SYS_gettid);
    thr_current = t;
    thr_list_add(t);
    if (thr_hooks.start)
        thr_hooks.start(t);
}

static u64 fork_mask; /* under list_lock */

/* A native function may have called fork(): a signal would run the guest's handler at once, which
 * would wait for these locks. */
void thr_fork_prepare(void)
{
    u64 mask = thr_host_block_all();

    pthread_mutex_lock(&list_lock);
    fork_mask = mask;
    interp_fork_prepare();
    heap_fork_prepare();
}

static void fork_unlock(void)
{
    u64 mask = fork_mask;

    pthread_mutex_unlock(&list_lock);
    thr_host_mask(mask);
}

void thr_fork_parent(void)
{
    heap_fork_done();
    interp_fork_parent();
    fork_unlock();
}

/*
 * Only the calling thread lives on. The other records are leaked: their threads may have been in
 * the middle of changing them, and most children exec soon.
 */
void thr_fork_child(void)
{
    struct thr *t = thr_current;

    heap_fork_done();
    interp_fork_child(t ? &t->cpu : NULL);
    list_head = NULL;
    list_count = 0;
    if (t) {
        t->tid = (int)syscall(SYS_gettid);
        t->next = t->prev = NULL;
        if (t->listed) {
            list_head = t;
            list_count = 1;
        }
    }
    fork_unlock();
}

int thr_init(const struct x86_env *env)
{
    struct thr *t;

    thr_env = env;
    if (pthread_key_create(&adopted_key, adopted_gone) ||
        pthread_atfork(thr_fork_prepare, thr_fork_parent, thr_fork_child))
        return -ENOMEM;
    t = thr_new(NULL);
    if (!t)
        return -ENOMEM;
    t->tid = (int)syscall(SYS_gettid);
    thr_current = t;
    thr_list_add(t);
    return 0;
}
