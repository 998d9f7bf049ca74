/* Code that changes: by itself, in the block it is in, by another thread, by system calls.
 * Prints what a CPU prints. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096
#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)

typedef int fn(int);

static uint8_t *page(int prot, size_t n)
{
    return mmap(NULL, n * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* mov eax, v; add eax, edi; ret */
static void put_add(uint8_t *at, int v)
{
    static const uint8_t code[] = {0xb8, 0, 0, 0, 0, 0x01, 0xf8, 0xc3};

    memcpy(at, code, sizeof code);
    memcpy(at + 1, &v, 4);
}

static int call(uint8_t *at, int x)
{
    fn *f = (fn *)at;

    return f(x);
}

/* Patched between calls; now and then run often enough to be hot. */
static void between_calls(void)
{
    uint8_t *p = page(RWX, 1);
    long sum = 0;

    for (int i = 0; i < 3000; i++) {
        put_add(p + 64 * (i % 3), i);
        for (int k = 0; k < (i % 50 ? 2 : 200); k++)
            sum += call(p + 64 * (i % 3), k);
    }
    printf("between calls %ld\n", sum);
}

/*
 * A loop that stores into its own next instructions:
 *   mov ecx, edi; xor edx, edx
 * 1: mov [rip + 2f + 1], ecx
 * 2: mov eax, 0; add edx, eax; dec ecx; jnz 1b
 *   mov eax, edx; ret
 */
static void own_block(void)
{
    static const uint8_t code[] = {0x89, 0xf9, 0x31, 0xd2, 0x89, 0x0d, 0x01, 0,
                                   0,    0,    0xb8, 0,    0,    0,    0,    0x01,
                                   0xc2, 0xff, 0xc9, 0x75, 0xef, 0x89, 0xd0, 0xc3};
    uint8_t *p = page(RWX, 1);
    long sum = 0;

    memcpy(p + 100, code, sizeof code);
    for (int i = 1; i < 60; i++)
        sum += call(p + 100, i);
    printf("own block %ld\n", sum);
}

/* As own_block, but the store is one in thousands: the loop is translated long before.
 *   mov ecx, edi; xor edx, edx
 * 1: mov eax, 1; add edx, eax; cmp ecx, 100; jne 2f; mov dword [rip + 1b + 1], 5
 * 2: dec ecx; jnz 1b; mov eax, edx; ret */
static void late_store(void)
{
    static const uint8_t code[] = {
        0x89, 0xf9, 0x31, 0xd2, 0xb8, 1, 0, 0, 0, 0x01, 0xc2, 0x83, 0xf9, 100,  0x75, 10,  0xc7,
        0x05, 0xeb, 0xff, 0xff, 0xff, 5, 0, 0, 0, 0xff, 0xc9, 0x75, 0xe6, 0x89, 0xd0, 0xc3};
    uint8_t *p = page(RWX, 1);
    long sum = 0;

    for (int i = 0; i < 4; i++) {
        memcpy(p, code, sizeof code);
        sum += call(p, 5000);
    }
    printf("late store %ld\n", sum);
}

/* ---- another thread ---- */

static uint8_t *shared;
static volatile int seen, over;

static void *runner(void *arg)
{
    (void)arg;
    while (!over)
        seen = call(shared, 0);
    return NULL;
}

static void another_thread(void)
{
    pthread_t t[2];
    int bad = 0;

    shared = page(RWX, 1) + 3; /* the constant is aligned */
    put_add(shared, -1);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, runner, NULL);
    for (int i = 0; i < 200; i++) {
        __atomic_store_n((int *)(shared + 1), i, __ATOMIC_SEQ_CST);
        while (seen != i)
            sched_yield();
        bad += call(shared, 1) != i + 1;
    }
    over = 1;
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    printf("another thread %d\n", bad);
}

/* A loop without end is rewritten: its jump goes on. (Not `jmp .`: QEMU forgets to unlink a block
 * of its own that jumps to itself when another thread changes it.)
 * 0: call 7; 5: jmp 0; 7: ret; 8: mov eax, 7; ret */
static void *spinner(void *arg)
{
    return (void *)(intptr_t)call(arg, 0);
}

static void endless_loop(void)
{
    static const uint8_t code[] = {0xe8, 2, 0, 0, 0, 0xeb, 0xf9, 0xc3, 0xb8, 7, 0, 0, 0, 0xc3};
    long sum = 0;

    for (int i = 0; i < 5; i++) {
        uint8_t *p = page(RWX, 1);
        pthread_t t;
        void *r;

        memcpy(p + 512, code, sizeof code);
        pthread_create(&t, NULL, spinner, p + 512);
        usleep(3000);
        __atomic_store_n(p + 512 + 6, 1, __ATOMIC_SEQ_CST);
        pthread_join(t, &r);
        sum += (long)r;
    }
    printf("endless loop %ld\n", sum);
}

/* ---- system calls ---- */

static void new_mappings(void)
{
    uint8_t *p = page(RWX, 4);
    long sum = 0;

    for (int i = 0; i < 200; i++) {
        uint8_t *q = p + PAGE * (i % 3);

        put_add(q, i);
        for (int k = 0; k < 40; k++)
            sum += call(q, k);
        switch (i % 4) {
        case 0:
            munmap(q, PAGE);
            mmap(q, PAGE, RWX, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
            break;
        case 1: mmap(q, PAGE, RWX, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0); break;
        case 2: madvise(q, PAGE, MADV_DONTNEED); break;
        default:
            put_add(p + 3 * PAGE, 1000 + i);
            mremap(p + 3 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q);
            mmap(p + 3 * PAGE, PAGE, RWX, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
            sum += call(q, 5);
        }
    }
    printf("new mappings %ld\n", sum);
}

static void protections(void)
{
    uint8_t *p = page(PROT_READ | PROT_WRITE, 1);
    long sum = 0;

    for (int i = 0; i < 300; i++) {
        mprotect(p, PAGE, PROT_READ | PROT_WRITE);
        put_add(p + 8 * (i % 5), i);
        mprotect(p, PAGE, PROT_READ | PROT_EXEC);
        for (int k = 0; k < 30; k++)
            sum += call(p + 8 * (i % 5), k);
    }
    printf("protections %ld\n", sum);
}

/* The kernel writes. By syscall(): a native libc's own read() knows nothing of watched code. */
static void kernel_writes(void)
{
    uint8_t *p = page(RWX, 1), code[8];
    int fd[2], file = memfd_create("code", 0);
    long sum = 0;

    ftruncate(file, PAGE);
    pipe(fd);
    for (int i = 0; i < 100; i++) {
        put_add(code, i);
        if (i % 2) {
            write(fd[1], code, sizeof code);
            if (syscall(SYS_read, fd[0], p + 256, sizeof code) != sizeof code)
                printf("read failed\n");
        } else {
            pwrite(file, code, sizeof code, 8);
            if (syscall(SYS_pread64, file, p + 256, sizeof code, 8) != sizeof code)
                printf("pread failed\n");
        }
        for (int k = 0; k < 40; k++)
            sum += call(p + 256, k);
    }
    printf("kernel writes %ld\n", sum);
}

/* ---- patched branches, data beside code ---- */

static void patched_branches(void)
{
    uint8_t *p = page(RWX, 3);
    long sum = 0;

    for (int i = 0; i < 8; i++)
        put_add(p + PAGE + 256 * i, 100 * i);
    p[0] = 0xe9;  /* jmp rel32 */
    p[16] = 0xe8; /* call rel32; ret */
    p[21] = 0xc3;
    for (int i = 0; i < 800; i++) {
        int to = PAGE + 256 * (i % 8), rel = to - 5, rel16 = to - 21;

        memcpy(p + 1, &rel, 4);
        memcpy(p + 17, &rel16, 4);
        for (int k = 0; k < 5; k++)
            sum += call(p, k) - 2 * call(p + 16, k);
    }
    printf("patched branches %ld\n", sum);
}

/* inc dword [rip + 60]; mov eax, [rip + 54]; ret: a counter on the code's own page */
static void counter(void)
{
    static const uint8_t code[] = {0xff, 0x05, 60, 0, 0, 0, 0x8b, 0x05, 54, 0, 0, 0, 0xc3};
    uint8_t *p = page(RWX, 1);
    int last = 0;

    memcpy(p, code, sizeof code);
    for (int i = 0; i < 20000; i++)
        last = call(p, 0);
    printf("counter %d\n", last);
}

int main(void)
{
    setbuf(stdout, NULL);
    between_calls();
    own_block();
    late_store();
    another_thread();
    endless_loop();
    new_mappings();
    protections();
    kernel_writes();
    patched_branches();
    counter();
    return 0;
}
