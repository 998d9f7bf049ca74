/*
 * order.c - memory order. Values first: ordered and atomic accesses at every alignment, across
 * cache lines and pages. Then litmus tests with two and four threads: outcomes that x86 never shows
 * are counted and must be 0. Only a real host of another architecture can fail those; under QEMU on
 * an x86 machine they prove no more than that they end.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define ROUNDS 3000

static uint64_t accesses(char *p, uint64_t seed)
{
    uint64_t v, s, *m = (uint64_t *)(p + 8);
    uint32_t w;
    long at = 3;

    memcpy(&v, p, 8);
    v = v * 3 + seed;
    __asm__ volatile("movq %1, %0" : "=m"(*(uint64_t *)p) : "r"(v));
    __asm__ volatile("movl 3(%1), %0" : "=r"(w) : "r"(p) : "memory");
    __asm__ volatile("movswq 1(%1), %0" : "=r"(s) : "r"(p) : "memory");
    __asm__ volatile("lock xaddl %0, 5(%1)" : "+r"(w) : "r"(p) : "memory");
    __asm__ volatile("addw $3, -1(%0, %1, 2)" ::"r"(p), "r"(at) : "memory");
    __asm__ volatile("xchgq %0, %1" : "+r"(s), "+m"(*m));
    __asm__ volatile("lock orl $0x8001, 2(%0)" ::"r"(p) : "memory");
    __asm__ volatile("movq %1, %%rax; lock cmpxchgq %2, %0"
                     : "+m"(*m)
                     : "r"(*m ^ (seed & 1)), "r"(v)
                     : "rax", "cc", "memory");
    __asm__ volatile("movups (%0), %%xmm0; paddd %%xmm0, %%xmm0; movups %%xmm0, 1(%0)" ::"r"(p)
                     : "xmm0", "memory");
    return w * 31 + s + *m;
}

static void values(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t s = 0;

    for (unsigned k = 0; k < 400; k++)
        for (unsigned o = 0; o < 80; o += 7)
            s = s * 31 + accesses(page + 4096 - 40 + o, k);
    for (int i = 4000; i < 4200; i++)
        s = s * 7 + (unsigned char)page[i];
    printf("values %016lx\n", (unsigned long)s);
}

/* ---- litmus ---- */

static struct {
    _Alignas(64) volatile uint64_t x;
    _Alignas(64) volatile uint64_t y;
} v;
static uint64_t r[4];
static pthread_barrier_t start, end;
static int test;
static uint64_t forbidden;

static void first(void)
{
    switch (test) {
    case 0: v.x = 1, v.y = 1; break; /* MP */
    case 1:                          /* SB with MFENCE */
        v.x = 1;
        __asm__ volatile("mfence" ::: "memory");
        r[0] = v.y;
        break;
    case 2: /* SB with LOCK */
        __asm__ volatile("lock incq %0" : "+m"(v.x));
        r[0] = v.y;
        break;
    case 3: r[0] = v.x, v.y = 1; break; /* LB */
    case 4: v.x = 1; break;             /* IRIW */
    case 5: *(volatile uint32_t *)&v.x = 1, *((volatile uint8_t *)&v.y + 2) = 1; break;
    }
}

static void second(void)
{
    switch (test) {
    case 0: r[1] = v.y, r[2] = v.x; break;
    case 1:
        v.y = 1;
        __asm__ volatile("mfence" ::: "memory");
        r[1] = v.x;
        break;
    case 2:
        __asm__ volatile("lock incq %0" : "+m"(v.y));
        r[1] = v.x;
        break;
    case 3: r[1] = v.y, v.x = 1; break;
    case 4: v.y = 1; break;
    case 5: r[1] = v.y, r[2] = *(volatile uint16_t *)&v.x; break; /* mixed sizes */
    }
}

static int never(void)
{
    switch (test) {
    case 0: return r[1] == 1 && r[2] == 0;
    case 1:
    case 2: return r[0] == 0 && r[1] == 0;
    case 3: return r[0] == 1 && r[1] == 1;
    case 4: return r[0] == 1 && r[1] == 0 && r[2] == 1 && r[3] == 0;
    default: return r[1] != 0 && r[2] == 0;
    }
}

static void *party(void *arg)
{
    long me = (long)arg;

    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&start);
        if (me == 0)
            first();
        else if (me == 1)
            second();
        else if (test == 4 && me == 2)
            r[0] = v.x, r[1] = v.y;
        else if (test == 4)
            r[2] = v.y, r[3] = v.x;
        pthread_barrier_wait(&end);
    }
    return NULL;
}

static void litmus(const char *name, int n)
{
    pthread_t t[4];
    int parties = n == 4 ? 4 : 2;

    test = n;
    forbidden = 0;
    pthread_barrier_init(&start, NULL, (unsigned)parties + 1);
    pthread_barrier_init(&end, NULL, (unsigned)parties + 1);
    for (long i = 0; i < parties; i++)
        pthread_create(&t[i], NULL, party, (void *)i);
    for (int i = 0; i < ROUNDS; i++) {
        v.x = v.y = 0;
        pthread_barrier_wait(&start);
        pthread_barrier_wait(&end);
        forbidden += (unsigned)never();
    }
    for (int i = 0; i < parties; i++)
        pthread_join(t[i], NULL);
    printf("%s %lu\n", name, (unsigned long)forbidden);
}

int main(void)
{
    values();
    litmus("MP", 0);
    litmus("SB mfence", 1);
    litmus("SB lock", 2);
    litmus("LB", 3);
    litmus("IRIW", 4);
    litmus("MP mixed", 5);
    return 0;
}
