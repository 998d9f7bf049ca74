/*
 * sys_mem.c - the address space: all through engine/mem, which keeps the guest's map.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "linux/local.h"
#include "mem/mem.h"

#define G_SHM_RDONLY 010000
#define G_SHM_EXEC 0100000

i64 sys_mmap(struct x86_cpu *c, const u64 *a)
{
    (void)c;
    if (a[5] & (GUEST_PAGE_SIZE - 1))
        return -EINVAL;
    return mem_mmap(a[0], a[1], (int)a[2], (int)a[3], (int)a[4], a[5]);
}

i64 sys_munmap(struct x86_cpu *c, const u64 *a)
{
    (void)c;
    return mem_munmap(a[0], a[1]);
}

i64 sys_mprotect(struct x86_cpu *c, const u64 *a)
{
    (void)c;
    return mem_mprotect(a[0], a[1], (int)a[2]);
}

i64 sys_pkey_mprotect(struct x86_cpu *c, const u64 *a)
{
    (void)c;
    return (int)a[3] == -1 ? mem_mprotect(a[0], a[1], (int)a[2]) : -EINVAL;
}

i64 sys_mremap(struct x86_cpu *c, const u64 *a)
{
    (void)c;
    return mem_mremap(a[0], a[1], a[2], (int)a[3], a[4]);
}

i64 sys_madvise(struct x86_cpu *c, const u64 *a)
{
    (void)c;
    return mem_madvise(a[0], a[1], (int)a[2]);
}

/* These the kernel takes at multiples of its own page size only. It does what is mapped, and says
 * that there is a hole. Neighbours in a larger host page are locked and unlocked along. */
static i64 by_host_pages(struct x86_cpu *c, long nr, const u64 *a)
{
    gaddr start = a[0];
    u64 len = a[1];
    i64 r;

    mem_host_range(&start, &len);
    r = HOST(c, nr, start, len, a[2]);
    return !r && mem_has_hole(a[0], a[1]) ? -ENOMEM : r;
}

i64 sys_msync(struct x86_cpu *c, const u64 *a)
{
    return by_host_pages(c, __NR_msync, a);
}

i64 sys_mlock(struct x86_cpu *c, const u64 *a)
{
    return by_host_pages(c, __NR_mlock, a);
}

i64 sys_mlock2(struct x86_cpu *c, const u64 *a)
{
    /* The same without flags; kernels before 4.4 and QEMU 10.0 only have the older one. */
    return by_host_pages(c, (u32)a[2] ? __NR_mlock2 : __NR_mlock, a);
}

i64 sys_munlock(struct x86_cpu *c, const u64 *a)
{
    return by_host_pages(c, __NR_munlock, a);
}

i64 sys_mincore(struct x86_cpu *c, const u64 *a)
{
    (void)c;
    if (!mem_writable(a[2], align_up(a[1], GUEST_PAGE_SIZE) / GUEST_PAGE_SIZE))
        return -EFAULT;
    return mem_incore(a[0], a[1], g2h(a[2]));
}

i64 sys_brk(struct x86_cpu *c, const u64 *a)
{
    (void)c;
    return mem_brk(a[0]);
}

i64 sys_shmat(struct x86_cpu *c, const u64 *a)
{
    int prot = a[2] & G_SHM_RDONLY ? PROT_READ : PROT_READ | PROT_WRITE;
    struct shmid_ds ds;
    i64 r;

    if (shmctl((int)a[0], IPC_STAT, &ds) < 0)
        return -errno;
    r = HOST(c, __NR_shmat, a[0], a[1], a[2] & ~(u64)G_SHM_EXEC);
    if (r < 0 && r > -4096)
        return r;
    if (a[2] & G_SHM_EXEC)
        prot |= PROT_EXEC;
    mem_note_native((gaddr)r, align_up(ds.shm_segsz, GUEST_PAGE_SIZE), prot, MAP_SHARED, "/SYSV");
    return r;
}

i64 sys_shmdt(struct x86_cpu *c, const u64 *a)
{
    struct mem_region r;
    bool known = mem_query(a[0], &r);
    i64 err = HOST(c, __NR_shmdt, a[0]);

    if (!err && known)
        mem_forget(r.start, r.end - r.start);
    return err;
}
