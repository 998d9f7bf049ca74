/*
 * libc_mem.c - mappings asked for through libc: all go through the guest's map.
 */
#include "libc.h"

#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "mem/mem.h"

static void *map_result(i64 r)
{
    return br_ptr((u64)libc_result(r));
}

void *my_mmap(void *addr, u64 len, i32 prot, i32 flags, i32 fd, i64 offset)
{
    return map_result(mem_mmap(h2g(addr), len, prot, flags, fd, (u64)offset));
}

i32 my_munmap(void *addr, u64 len)
{
    return (i32)libc_result(mem_munmap(h2g(addr), len));
}

i32 my_mprotect(void *addr, u64 len, i32 prot)
{
    return (i32)libc_result(mem_mprotect(h2g(addr), len, prot));
}

i32 my_pkey_mprotect(void *addr, u64 len, i32 prot, i32 pkey)
{
    if (pkey != -1) {
        errno = EINVAL; /* no key can have been allocated */
        return -1;
    }
    return my_mprotect(addr, len, prot);
}

void *my_mremap(void *old, u64 old_len, u64 new_len, i32 flags, void *to)
{
    return map_result(mem_mremap(h2g(old), old_len, new_len, flags, h2g(to)));
}

i32 my_madvise(void *addr, u64 len, i32 advice)
{
    return (i32)libc_result(mem_madvise(h2g(addr), len, advice));
}

/* Returns the error; POSIX_MADV_DONTNEED must not lose data, so it is no advice at all. */
i32 my_posix_madvise(void *addr, u64 len, i32 advice)
{
    i64 r = advice == POSIX_MADV_DONTNEED ? 0 : mem_madvise(h2g(addr), len, advice);
    return r < 0 ? (i32)-r : 0;
}

i32 my_brk(void *addr)
{
    gaddr want = h2g(addr), now = (gaddr)mem_brk(want);

    if (now < want) {
        errno = ENOMEM;
        return -1;
    }
    return 0;
}

void *my_sbrk(i64 more)
{
    gaddr old = (gaddr)mem_brk(0);

    if (more && (gaddr)mem_brk(old + (u64)more) != old + (u64)more) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return g2h(old);
}

/* The kernel takes addresses at host pages; the system call layer knows how to serve guest pages.
 */
i32 my_msync(void *addr, u64 len, i32 flags)
{
    return (i32)libc_syscall(X_MSYNC, h2g(addr), len, (u32)flags, 0, 0, 0);
}

i32 my_mincore(void *addr, u64 len, void *vec)
{
    return (i32)libc_syscall(X_MINCORE, h2g(addr), len, h2g(vec), 0, 0, 0);
}

i32 my_mlock(void *addr, u64 len)
{
    return (i32)libc_syscall(X_MLOCK, h2g(addr), len, 0, 0, 0, 0);
}

i32 my_mlock2(void *addr, u64 len, u32 flags)
{
    return (i32)libc_syscall(X_MLOCK2, h2g(addr), len, flags, 0, 0, 0);
}

i32 my_munlock(void *addr, u64 len)
{
    return (i32)libc_syscall(X_MUNLOCK, h2g(addr), len, 0, 0, 0, 0);
}

void *my_shmat(i32 id, void *addr, i32 flags)
{
    return br_ptr((u64)libc_syscall(X_SHMAT, (u64)(i64)id, h2g(addr), (u64)(i64)flags, 0, 0, 0));
}

i32 my_shmdt(void *addr)
{
    return (i32)libc_syscall(X_SHMDT, h2g(addr), 0, 0, 0, 0, 0);
}
