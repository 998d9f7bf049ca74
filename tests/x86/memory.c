/*
 * memory.c - the fixed memory of oracle cases (tcase.h).
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tcase.h"

static void map(gaddr a, size_t size, int prot)
{
    void *p = mmap(g2h(a), size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (p != g2h(a)) {
        fprintf(stderr, "cannot map %llx\n", (unsigned long long)a);
        exit(2);
    }
}

void tmem_init(void)
{
    struct rng r = rng_seed(0x520, 0);
    size_t page = 4096;

    map(TC_CODE, 2 * page, PROT_READ | PROT_WRITE | PROT_EXEC);
    map(TC_CTL, 16 * page, PROT_READ | PROT_WRITE);
    map(TC_COUNTER, page, PROT_READ | PROT_WRITE);
    map(TC_MEM - page, page, PROT_NONE);
    map(TC_MEM, page, PROT_READ | PROT_WRITE);
    map(TC_MEM + page, page, PROT_NONE);
    map(TC_RO, page, PROT_READ | PROT_WRITE);
    for (unsigned i = 0; i < page; i += 8) {
        u64 v = rng_u64(&r);

        memcpy(g2h(TC_RO + i), &v, 8);
    }
    mprotect(g2h(TC_RO), page, PROT_READ);
}

void tmem_load(const struct tcase *t)
{
    memcpy(g2h(tc_start(t)), t->code, t->len);
    memcpy(g2h(TC_MEM), t->mem, TC_MEM_SIZE);
    *(u32 *)g2h(TC_COUNTER) = t->loops;
}
