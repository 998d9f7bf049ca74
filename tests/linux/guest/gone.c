/*
 * gone.c - code that is not there any more when it is read: a mapping longer than its file, a
 * thread that unmaps what another runs. The reader is the emulator's decoder or translator, the
 * fault is the guest's all the same, at the instruction that would be next.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "check.h"

#define PAGE 4096ul
#define PLACE_AT 0x31000000ul
#define PLACE ((unsigned char *)PLACE_AT)
#define ROUNDS 1500

static sigjmp_buf back;
static volatile struct {
    int sig, code;
    unsigned long addr, rip, err;
} fault;

static void on_fault(int sig, siginfo_t *info, void *context)
{
    const greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;

    fault.sig = sig;
    fault.code = info->si_code;
    fault.addr = (unsigned long)info->si_addr;
    fault.rip = (unsigned long)g[REG_RIP];
    fault.err = (unsigned long)g[REG_ERR];
    siglongjmp(back, 1);
}

static void handle(void)
{
    struct sigaction act = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

    sigaction(SIGSEGV, &act, NULL);
    sigaction(SIGBUS, &act, NULL);
}

/* Two pages, of which the file has one. */
static unsigned char *half_there(int prot)
{
    char name[] = "/tmp/gone-XXXXXX";
    int fd = mkstemp(name);
    unsigned char *p;

    CHECK(fd >= 0 && !unlink(name) && !ftruncate(fd, (off_t)(2 * PAGE)));
    p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED, fd, 0);
    CHECK(p != MAP_FAILED);
    memset(p, 0x90, 2 * PAGE);
    CHECK(!munmap(p, 2 * PAGE));
    p = mmap(NULL, 2 * PAGE, prot, MAP_PRIVATE, fd, 0);
    CHECK(p != MAP_FAILED && !ftruncate(fd, (off_t)PAGE));
    close(fd);
    return p;
}

static int run(const unsigned char *at, int *count)
{
    if (sigsetjmp(back, 1))
        return fault.sig;
    ((void (*)(int *))(unsigned long)at)(count);
    return 0;
}

/* Straight on into the page that is not there: what comes before it has happened. */
static void into_nothing(int prot, const unsigned char *code, unsigned long size,
                         unsigned long at_end)
{
    static const unsigned char nop = 0x90;
    unsigned char *p = half_there(PROT_READ | PROT_WRITE);
    unsigned long next = (unsigned long)p + PAGE;
    int count = 0;

    memset(p, nop, PAGE);
    memcpy(p + PAGE - at_end, code, size < at_end ? size : at_end);
    CHECK(!mprotect(p, 2 * PAGE, prot));
    for (int i = 1; i <= 60; i++) {
        CHECK(run(p + PAGE - at_end, &count) == SIGBUS);
        CHECK(count == i && fault.code == BUS_ADRERR && fault.addr == next);
        CHECK(fault.rip == (size <= at_end ? next : next - 1));
    }
    CHECK(!munmap(p, 2 * PAGE));
}

static void edge(void)
{
    static const unsigned char inc[] = {0xff, 0x07}; /* incl (%rdi) */
    static const unsigned char part[] = {0xff, 0x07, 0xff, 0x07};

    handle();
    into_nothing(PROT_READ | PROT_EXEC, inc, sizeof inc, sizeof inc);
    into_nothing(PROT_READ | PROT_WRITE | PROT_EXEC, inc, sizeof inc, sizeof inc);
    into_nothing(PROT_READ | PROT_EXEC, part, sizeof part, 3);
}

/* Code that a translator looks at and nobody runs: the callee does not come back behind the call,
 * where the page ends. */
static void behind_call(void)
{
    static const unsigned char code[] = {
        0x58, 0xc3,                   /* callee: pop %rax; ret */
        0xff, 0x07,                   /* entry: incl (%rdi) */
        0xe8, 0xf7, 0xff, 0xff, 0xff, /* call callee */
    };
    unsigned char *p = half_there(PROT_READ | PROT_WRITE), *entry = p + PAGE - 7;
    int count = 0;

    memcpy(p + PAGE - sizeof code, code, sizeof code);
    CHECK(!mprotect(p, 2 * PAGE, PROT_READ | PROT_EXEC));
    for (int i = 0; i < 200; i++)
        CHECK(run(entry, &count) == 0);
    CHECK(count == 200);
    CHECK(!munmap(p, 2 * PAGE));
}

static atomic_int over;
static atomic_long mapped;

/* Small functions, each of which calls its own second half: every round decodes and translates. */
static int code_file(void)
{
    unsigned char p[PAGE];
    int fd = memfd_create("code", 0);

    memset(p, 0x90, sizeof p);
    for (unsigned long at = 0; at < PAGE; at += 16) /* pop, push, call next, pop, ret */
        memcpy(p + at, "\x58\x50\xe8\x00\x00\x00\x00\x58\xc3", 9);
    CHECK(fd >= 0 && write(fd, p, sizeof p) == sizeof p);
    return fd;
}

static void *come_and_go(void *arg)
{
    const int fd = *(int *)arg;

    for (int i = 0; i < ROUNDS; i++) {
        unsigned char *p = mmap(PLACE, PAGE, PROT_READ | PROT_EXEC | (i % 2 ? PROT_WRITE : 0),
                                MAP_PRIVATE | MAP_FIXED, fd, 0);

        if (p != PLACE)
            break;
        atomic_fetch_add(&mapped, 1);
        for (volatile int k = 0; k < i % 50 * 40; k++)
            ;
        if (i % 3 == 0)
            mprotect(p, PAGE, PROT_NONE);
        munmap(p, PAGE);
    }
    atomic_store(&over, 1);
    return arg;
}

static void unmapped(void)
{
    pthread_t thread;
    long faults = 0, elsewhere = 0;
    int count = 0, fd = code_file();

    handle();
    CHECK(!pthread_create(&thread, NULL, come_and_go, &fd));
    for (unsigned long n = 0; !atomic_load(&over); n++) {
        if (!run(PLACE + n % 256 * 16, &count))
            continue;
        faults++;
        elsewhere +=
            fault.sig != SIGSEGV || fault.addr != fault.rip || fault.rip - PLACE_AT >= PAGE;
    }
    pthread_join(thread, NULL);
    CHECK(atomic_load(&mapped) == ROUNDS && faults > 0 && !elsewhere);
    close(fd);
}

int main(void)
{
    RUN(edge);
    RUN(behind_call);
    RUN(unmapped);
    return done();
}
