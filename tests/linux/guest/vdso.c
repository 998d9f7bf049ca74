/*
 * vdso.c - the vDSO as libcs read it: by AT_SYSINFO_EHDR, its dynamic section, both hash tables,
 * the version. Its functions answer as the system calls do.
 */
#include <elf.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

struct vdso {
    const char *base;
    const Elf64_Sym *sym;
    const char *str;
    const uint16_t *versym;
    const Elf64_Verdef *verdef;
    const uint32_t *hash, *gnu;
};

static struct vdso v;

static void open_vdso(void)
{
    const Elf64_Ehdr *eh = (const void *)getauxval(AT_SYSINFO_EHDR);
    const Elf64_Phdr *ph;

    CHECK(eh && !memcmp(eh->e_ident, ELFMAG, SELFMAG) && eh->e_machine == EM_X86_64 &&
          eh->e_type == ET_DYN);
    if (!eh)
        exit(1);
    v.base = (const char *)eh;
    ph = (const void *)(v.base + eh->e_phoff);
    for (int i = 0; i < eh->e_phnum; i++) {
        if (ph[i].p_type != PT_DYNAMIC)
            continue;
        for (const Elf64_Dyn *d = (const void *)(v.base + ph[i].p_vaddr); d->d_tag; d++) {
            const char *p = v.base + d->d_un.d_ptr;
            switch (d->d_tag) {
            case DT_SYMTAB: v.sym = (const void *)p; break;
            case DT_STRTAB: v.str = p; break;
            case DT_VERSYM: v.versym = (const void *)p; break;
            case DT_VERDEF: v.verdef = (const void *)p; break;
            case DT_HASH: v.hash = (const void *)p; break;
            case DT_GNU_HASH: v.gnu = (const void *)p; break;
            }
        }
    }
    CHECK(v.sym && v.str && v.versym && v.verdef);
}

static uint32_t sysv_hash(const char *s)
{
    uint32_t h = 0;

    for (; *s; s++) {
        h = (h << 4) + (unsigned char)*s;
        h ^= (h >> 24) & 0xf0;
        h &= 0x0fffffff;
    }
    return h;
}

static int right_version(unsigned sym)
{
    const Elf64_Verdef *d = v.verdef;

    while ((v.versym[sym] & 0x7fff) != d->vd_ndx)
        d = (const void *)((const char *)d + d->vd_next);
    return d->vd_hash == sysv_hash("LINUX_2.6") &&
           !strcmp(
               v.str +
                   ((const Elf64_Verdaux *)(const void *)((const char *)d + d->vd_aux))->vda_name,
               "LINUX_2.6");
}

static void *by_sysv(const char *name)
{
    if (!v.hash)
        return NULL;
    for (uint32_t i = v.hash[2 + sysv_hash(name) % v.hash[0]]; i; i = v.hash[2 + v.hash[0] + i])
        if (!strcmp(v.str + v.sym[i].st_name, name) && right_version(i))
            return (void *)(v.base + v.sym[i].st_value);
    return NULL;
}

static void *by_gnu(const char *name)
{
    const uint64_t *bloom = (const void *)(v.gnu + 4);
    const uint32_t *buckets = (const void *)(bloom + v.gnu[2]);
    uint32_t h = 5381, i;

    for (const char *s = name; *s; s++)
        h = h * 33 + (unsigned char)*s;
    if (!(bloom[h / 64 % v.gnu[2]] >> h % 64 & bloom[h / 64 % v.gnu[2]] >> (h >> v.gnu[3]) % 64 &
          1))
        return NULL;
    for (i = buckets[h % v.gnu[0]]; i; i++) {
        uint32_t other = buckets[v.gnu[0] + i - v.gnu[1]];

        if ((other | 1) == (h | 1) && !strcmp(v.str + v.sym[i].st_name, name))
            return right_version(i) ? (void *)(v.base + v.sym[i].st_value) : NULL;
        if (other & 1)
            return NULL;
    }
    return NULL;
}

static void *find(const char *name)
{
    void *p = by_sysv(name);

    CHECK(p || !v.hash); /* newer kernels have only the other table */
    CHECK(!v.gnu || !by_gnu("no_such_name"));
    if (v.gnu) {
        CHECK(!p || p == by_gnu(name));
        p = by_gnu(name);
    }
    CHECK(p);
    return p;
}

static void functions(void)
{
    int (*gettime)(clockid_t, struct timespec *) = find("__vdso_clock_gettime");
    int (*getres)(clockid_t, struct timespec *) = find("__vdso_clock_getres");
    int (*day)(struct timeval *, struct timezone *) = find("__vdso_gettimeofday");
    time_t (*now)(time_t *) = find("__vdso_time");
    int (*cpu)(unsigned *, unsigned *, void *) = find("__vdso_getcpu");
    struct timespec a, b;
    struct timeval tv;
    time_t t = 0;
    unsigned n = ~0u;

    CHECK(find("clock_gettime") == (void *)gettime);
    CHECK(!gettime(CLOCK_MONOTONIC, &a) && !syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &b));
    CHECK(b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec));
    CHECK(b.tv_sec - a.tv_sec < 30);
    CHECK(gettime(12345, &a) == -EINVAL);
    CHECK(!getres(CLOCK_REALTIME, &a) && a.tv_sec == 0 && a.tv_nsec > 0);
    CHECK(!day(&tv, NULL) && now(&t) == t && t - tv.tv_sec <= 30 && tv.tv_sec <= t + 1);
    CHECK(!cpu(&n, NULL, NULL) && n < 4096);
}

static void in_maps(void)
{
    FILE *f = fopen("/proc/self/maps", "r");
    char line[400];
    unsigned long start = 0;
    int found = 0;

    while (f && fgets(line, sizeof line, f))
        if (strstr(line, "[vdso]") && sscanf(line, "%lx", &start) == 1)
            found += start == (unsigned long)v.base && strstr(line, "r-xp") != NULL;
    CHECK(found == 1);
    fclose(f);
}

int main(void)
{
    RUN(open_vdso);
    RUN(functions);
    RUN(in_maps);
    return done();
}
