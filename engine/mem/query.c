/*
 * query.c - questions about guest memory: what is mapped, may it be accessed, the text of
 * /proc/self/maps. Guest programs also hold pointers into native memory (the host's malloc), which
 * the map does not list: those the kernel is asked about.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/bits.h"
#include "mem/map.h"

bool mem_query(gaddr a, struct mem_region *r)
{
    struct vma v;

    if (!map_find(a, &v))
        return false;
    *r = (struct mem_region){.start = v.start,
                             .end = v.end,
                             .prot = (int)v.prot,
                             .flags = (int)v.flags,
                             .offset = v.offset,
                             .dev = v.file ? v.file->dev : 0,
                             .ino = v.file ? v.file->ino : 0,
                             .path = v.file ? v.file->path : NULL};
    return true;
}

bool mem_next(gaddr a, struct mem_region *r)
{
    struct vma v;

    return map_next(a, &v) && mem_query(v.start > a ? v.start : a, r);
}

/*
 * The kernel's answer for one page of native memory. FUTEX_WAIT with no time to wait reads the word
 * and comes back; unlike process_vm_readv no sandbox or emulator forbids it.
 */
static bool kernel_readable(gaddr a)
{
    struct timespec none = {0, 0};

    return syscall(SYS_futex, g2h(a & ~3ull), FUTEX_WAIT_PRIVATE, 0, &none) >= 0 || errno != EFAULT;
}

/* FUTEX_WAKE_OP adds 0 to the word with the kernel's own fault handling: EFAULT if it may not be
 * written. */
static bool kernel_writable(gaddr a)
{
    u32 dummy = 0;
    long op = FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0x7ff);

    return syscall(SYS_futex, &dummy, FUTEX_WAKE_OP_PRIVATE, 0, 0, g2h(a & ~3ull), op) >= 0 ||
           errno != EFAULT;
}

static bool accessible(gaddr a, u64 len, u32 need, bool (*ask)(gaddr))
{
    gaddr end = a + len;
    struct vma v;

    if (end < a)
        return false;
    while (a < end) {
        if (map_next(a, &v) && v.start <= a) {
            if (!(v.prot & need))
                return false;
            a = v.end;
        } else {
            /* Behind the guest's last page in a larger host page: not the guest's, though there. */
            if ((host_page != GUEST_PAGE_SIZE && paged_owned(a)) || !ask(a))
                return false;
            a = align_down(a, GUEST_PAGE_SIZE) + GUEST_PAGE_SIZE;
        }
    }
    return true;
}

bool mem_readable(gaddr a, u64 len)
{
    return accessible(a, len, PROT_READ | PROT_WRITE | PROT_EXEC, kernel_readable);
}

bool mem_writable(gaddr a, u64 len)
{
    return accessible(a, len, PROT_WRITE, kernel_writable);
}

/* One line as fs/proc/task_mmu.c lays it out: the path starts in column 73. */
static void maps_line(FILE *f, const struct vma *v)
{
    int n =
        fprintf(f, "%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu ", (unsigned long long)v->start,
                (unsigned long long)v->end, v->prot & PROT_READ ? 'r' : '-',
                v->prot & PROT_WRITE ? 'w' : '-', v->prot & PROT_EXEC ? 'x' : '-',
                (v->flags & MAP_TYPE) != MAP_PRIVATE ? 's' : 'p', (unsigned long long)v->offset,
                v->file ? major(v->file->dev) : 0, v->file ? minor(v->file->dev) : 0,
                (unsigned long long)(v->file ? v->file->ino : 0));

    if (v->file && v->file->path[0])
        fprintf(f, "%*s%s", n < 73 ? 73 - n : 0, "", v->file->path);
    fputc('\n', f);
}

char *mem_maps_text(size_t *len)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, len);
    struct vma v;

    if (!f)
        return NULL;
    for (gaddr a = 0; map_next(a, &v); a = v.end)
        maps_line(f, &v);
    if (fclose(f)) {
        free(text);
        return NULL;
    }
    return text;
}
