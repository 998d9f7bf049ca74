/*
 * memory.c - the fixed memory of oracle cases (tcase.h).
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tcase.h"

#define PAGE 4096u

/* Where the code can be written. A case cannot: a stray store into its own code or the pads would
 * be there still when the next one runs. */
static u8 *code_alias;

#ifdef __x86_64__
static void map_code(int fixed)
{
    int fd = memfd_create("code", MFD_CLOEXEC);
    void *p = MAP_FAILED;

    if (fd >= 0 && !ftruncate(fd, 2 * PAGE)) {
        code_alias = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        p = mmap(g2h(TC_CODE), 2 * PAGE, PROT_READ | PROT_EXEC, MAP_SHARED | fixed, fd, 0);
    }
    if (code_alias == MAP_FAILED || p != g2h(TC_CODE)) {
        fprintf(stderr, "cannot map the code page\n");
        exit(2);
    }
    close(fd);
}

void tmem_after_fork(void)
{
    u8 *old = code_alias;

    map_code(MAP_FIXED);
    memcpy(code_alias, old, 2 * PAGE);
    munmap(old, 2 * PAGE);
}

u8 *tmem_code(gaddr a)
{
    return code_alias + (a - TC_CODE);
}

static void write_code(gaddr a, const void *bytes, size_t n)
{
    memcpy(tmem_code(a), bytes, n);
}
#else
/* No second view here: one shared mapping makes QEMU run in its parallel mode, whose accesses are
 * whole aligned words, and those are what it reports as fault addresses then. */
static void map_code(int fixed)
{
    code_alias =
        mmap(g2h(TC_CODE), 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | fixed, -1, 0);
    if (code_alias != g2h(TC_CODE)) {
        fprintf(stderr, "cannot map the code page\n");
        exit(2);
    }
}

static void write_code(gaddr a, const void *bytes, size_t n)
{
    if (!memcmp(g2h(a), bytes, n)) /* the case before with other values */
        return;
    mprotect(code_alias, 2 * PAGE, PROT_READ | PROT_WRITE);
    memcpy(g2h(a), bytes, n);
    mprotect(code_alias, 2 * PAGE, PROT_READ);
}
#endif

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
    size_t page = PAGE;

    map_code(MAP_FIXED_NOREPLACE);
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

void tmem_protect(int prot)
{
    mprotect(g2h(TC_MEM), TC_MEM_SIZE, prot);
}

void tmem_load(const struct tcase *t)
{
    write_code(tc_start(t), t->code, t->len);
    memcpy(g2h(TC_MEM), t->mem, TC_MEM_SIZE);
    *(u32 *)g2h(TC_COUNTER) = t->loops;
}
