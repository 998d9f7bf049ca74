/*
 * libc_thread.c - pthread_create and what goes with it, fork. A guest thread is a thread of the
 * native libc (so native mutexes, keys, cancellation and join just work) with a guest stack, guest
 * TLS and a CPU of its own.
 */
#include "libc.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <threads.h>
#include <unistd.h>
#include <utmp.h>

#include "elf/elf.h"
#include "mem/mem.h"

#define DEFAULT_STACK (8u << 20)
#define HOST_STACK (4u << 20) /* for the interpreter, native functions and nested callbacks */
#define X_FORK 57
#define X_VFORK 58

/* glibc's struct pthread_attr: 56 bytes on every 64-bit host, and the guest's pthread_attr_t is
 * that large. */
struct attr {
    i32 priority, policy, flags, pad;
    u64 guard, stack_end, stack_size, extension, unused;
};
#define ATTR_STACKADDR 8
#define GUEST_MUTEX_SIZE 40 /* AArch64's has 8 bytes of padding more, which its init would clear   \
                             */

struct start {
    struct thr *t;
    u64 arg;
    gaddr fn;
    bool own_stack;
};

/* Frees the record in the last round of key destructors: guest destructors of earlier rounds still
 * run on it. */
struct ending {
    struct thr *t;
    int round;
};
static pthread_key_t ending_key;
static pthread_once_t ending_once = PTHREAD_ONCE_INIT;

static void ending(void *arg)
{
    struct ending *e = arg;

    if (++e->round < PTHREAD_DESTRUCTOR_ITERATIONS) {
        pthread_setspecific(ending_key, e);
        return;
    }
    thr_host_block_all();
    thr_current = NULL;
    thr_free(e->t);
    free(e);
}

static void make_key(void)
{
    if (pthread_key_create(&ending_key, ending))
        die("no key for thread ends");
}

static void thread_cancelled(void *arg)
{
    (void)arg;
    libc_run_cleanups();
}

static void *thread_main(void *arg)
{
    struct start s = *(struct start *)arg;
    struct ending *e = calloc(1, sizeof *e);
    void *r;

    free(arg);
    if (!e)
        die("out of memory for a thread");
    e->t = s.t;
    thr_attach(s.t);
    s.t->adopted = s.own_stack; /* its stack goes with the record */
    pthread_setspecific(ending_key, e);
    pthread_cleanup_push(thread_cancelled, NULL);
    r = br_ptr(br_call_guest(s.fn, 1, &s.arg));
    pthread_cleanup_pop(0);
    return r;
}

static u64 wanted_stack(const struct attr *a)
{
    struct rlimit r;

    if (a && a->stack_size)
        return align_up(a->stack_size, GUEST_PAGE_SIZE);
    if (!getrlimit(RLIMIT_STACK, &r) && r.rlim_cur != RLIM_INFINITY && r.rlim_cur >= 65536)
        return align_up(r.rlim_cur, GUEST_PAGE_SIZE);
    return DEFAULT_STACK;
}

/* Record with stack and TLS; NULL: out of memory. */
static struct thr *new_record(const struct attr *a, bool *own_stack)
{
    struct thr *t = thr_new(NULL);

    if (!t)
        return NULL;
    *own_stack = !a || !(a->flags & ATTR_STACKADDR);
    if (*own_stack) {
        u64 size = wanted_stack(a);
        t->stack_lo = thr_stack_alloc(size);
        t->stack_hi = t->stack_lo ? t->stack_lo + size : 0;
    } else {
        t->stack_lo = a->stack_end - a->stack_size;
        t->stack_hi = a->stack_end;
    }
    t->tls = dl_tls_new_thread(t);
    if (!t->stack_hi || !t->tls) {
        thr_free(t);
        return NULL;
    }
    t->tls_free = dl_tls_free_thread;
    t->cpu.seg_base[X86_FS] = t->tls;
    t->cpu.gpr[BR_RSP] = align_down(t->stack_hi, 16) - 64;
    t->cpu.mxcsr = libc_cpu()->mxcsr;
    t->cpu.fpu.cw = libc_cpu()->fpu.cw;
    return t;
}

/* All but the stack, which is the guest's: the host's is for us. */
static void host_attr(pthread_attr_t *h, const struct attr *a)
{
    const pthread_attr_t *from = (const pthread_attr_t *)a;
    struct sched_param param;
    cpu_set_t set;
    int v;

    pthread_attr_init(h);
    pthread_attr_setstacksize(h, HOST_STACK);
    if (!a)
        return;
    if (!pthread_attr_getdetachstate(from, &v))
        pthread_attr_setdetachstate(h, v);
    if (!pthread_attr_getinheritsched(from, &v))
        pthread_attr_setinheritsched(h, v);
    if (!pthread_attr_getschedpolicy(from, &v))
        pthread_attr_setschedpolicy(h, v);
    if (!pthread_attr_getschedparam(from, &param))
        pthread_attr_setschedparam(h, &param);
    if (a->extension && !pthread_attr_getaffinity_np(from, sizeof set, &set))
        pthread_attr_setaffinity_np(h, sizeof set, &set);
}

static int create(pthread_t *id, const struct attr *a, gaddr fn, u64 arg)
{
    struct start *s = malloc(sizeof *s);
    pthread_attr_t h;
    u64 mask;
    int err;

    pthread_once(&ending_once, make_key);
    if (!s)
        return EAGAIN;
    s->fn = fn;
    s->arg = arg;
    s->t = new_record(a, &s->own_stack);
    if (!s->t) {
        free(s);
        return EAGAIN;
    }
    host_attr(&h, a);
    mask = thr_host_block_all();
    err = pthread_create(id, &h, thread_main, s);
    thr_host_mask(mask);
    pthread_attr_destroy(&h);
    if (err) {
        s->t->adopted = s->own_stack;
        thr_free(s->t);
        free(s);
    }
    return err;
}

i32 my_pthread_create(void *id, void *attr, void *fn, void *arg)
{
    return create(id, attr, h2g(fn), h2g(arg));
}

i32 my_thrd_create(void *id, void *fn, void *arg)
{
    switch (create(id, NULL, h2g(fn), h2g(arg))) {
    case 0: return thrd_success;
    case EAGAIN:
    case ENOMEM: return thrd_nomem;
    default: return thrd_error;
    }
}

void my_thrd_exit(i32 r)
{
    pthread_exit(br_ptr((u64)(i64)r));
}

i32 my_pthread_mutex_init(void *mutex, void *attr)
{
    pthread_mutex_t m;
    int err = pthread_mutex_init(&m, attr);

    if (!err)
        memcpy(mutex, &m, GUEST_MUTEX_SIZE);
    return err;
}

i32 my_mtx_init(void *mutex, i32 type)
{
    mtx_t m;
    int err = mtx_init(&m, type);

    if (err == thrd_success)
        memcpy(mutex, &m, GUEST_MUTEX_SIZE);
    return err;
}

/* AArch64's attribute types are larger, and init clears them whole: 8 for 4 bytes, 64 for 56. */
#define SMALLER_INIT(what, size)                                                                   \
    i32 my_pthread_##what##_init(void *attr)                                                       \
    {                                                                                              \
        pthread_##what##_t a;                                                                      \
        int err = pthread_##what##_init(&a);                                                       \
        if (!err)                                                                                  \
            memcpy(attr, &a, size);                                                                \
        return err;                                                                                \
    }
SMALLER_INIT(mutexattr, 4)
SMALLER_INIT(condattr, 4)
SMALLER_INIT(barrierattr, 4)
SMALLER_INIT(attr, 56)

i32 my_pthread_getattr_np(u64 thread, void *attr)
{
    struct thr *t = thr_self();
    pthread_attr_t host; /* as above: it is cleared whole first */
    int err = pthread_getattr_np((pthread_t)thread, &host);

    if (!err)
        memcpy(attr, &host, sizeof(struct attr));
    if (!err && (pthread_t)thread == pthread_self() && t->stack_hi) {
        struct attr *a = attr;
        a->stack_end = t->stack_hi;
        a->stack_size = t->stack_hi - t->stack_lo;
        a->flags |= ATTR_STACKADDR;
    }
    return err;
}

/* ---- fork ---- */

i32 my_fork(void)
{
    return (i32)libc_syscall(X_FORK, 0, 0, 0, 0, 0, 0);
}

/*
 * The child runs in our memory until it execs or ends, as the guest expects. It goes on behind the
 * call, so the return is made here, before the system call copies the CPU.
 */
void raw_vfork(struct x86_cpu *c, void *fn)
{
    static const u64 none[6];
    i64 r;

    (void)fn;
    c->rip = ld_u64(g2h(c->gpr[BR_RSP]));
    c->gpr[BR_RSP] += 8;
    br_ret(c, 0);
    r = linux_syscall6(c, X_VFORK, none);
    br_ret(c, (u32)libc_result(r));
}

i32 my_forkpty(void *master, void *name, void *termios, void *size)
{
    int m, s;
    pid_t pid;

    if (openpty(&m, &s, name, termios, size))
        return -1;
    pid = my_fork();
    if (pid > 0)
        *(int *)master = m;
    if (pid)
        close(pid < 0 ? m : s);
    if (pid < 0)
        close(s);
    if (pid)
        return pid;
    close(m);
    if (login_tty(s))
        _exit(1);
    return 0;
}

i32 my_daemon(i32 nochdir, i32 noclose)
{
    pid_t pid = my_fork();
    int fd;

    if (pid < 0)
        return -1;
    if (pid)
        _exit(0);
    if (setsid() < 0)
        return -1;
    if (!nochdir && chdir("/"))
        return -1;
    fd = noclose ? -1 : open("/dev/null", O_RDWR);
    for (int i = 0; i < 3 && fd >= 0; i++)
        dup2(fd, i);
    if (fd > 2)
        close(fd);
    return 0;
}
