/*
 * mem.h - the guest's address space. Guest address = host address. Keeps the map of guest mappings
 * (ranges, protections, names) beside the kernel's, because the host cannot say which pages are
 * guest-executable (all guest code is data to the host), and 4K guest pages may be smaller than
 * host pages. Called by elf, linux, signal (fault classification), bridge (code for bridges),
 * interp through env->fetch. Thread-safe; lookups from signal handlers are lock-free or try-lock
 * (never block in a handler).
 */
#ifndef MEM_MEM_H
#define MEM_MEM_H

#include "base/types.h"

#define GUEST_PAGE_SIZE 4096u

struct mem_region {
    gaddr start, end;
    int prot;   /* PROT_* as the guest sees it */
    int flags;  /* MAP_* of creation */
    u64 offset; /* file offset of start */
    u64 dev, ino;
    const char *path; /* NULL: anonymous; "[stack]", "[heap]" ... */
};

/* Once, before any guest mapping and after the options were read (cfg.host_page). 0 or -errno. */
int mem_init(void);

/* Guest-visible syscalls: arguments and results as x86-64 Linux has them (address or -errno).
 * MAP_32BIT, MAP_FIXED_NOREPLACE honoured. */
i64 mem_mmap(gaddr addr, u64 len, int prot, int flags, int fd, u64 offset);
i64 mem_munmap(gaddr addr, u64 len);
i64 mem_mprotect(gaddr addr, u64 len, int prot);
i64 mem_mremap(gaddr old, u64 old_len, u64 new_len, int flags, gaddr new_addr);
i64 mem_madvise(gaddr addr, u64 len, int advice);
/* mincore: one byte a guest page. */
i64 mem_incore(gaddr addr, u64 len, u8 *vec);
/* Widens [*a, *a + *len) to whole host pages if *a begins a guest page (else the kernel says what
 * is wrong with it): for calls that only touch what is mapped, such as msync and mlock. */
void mem_host_range(gaddr *a, u64 *len);
/* Is there a guest page in it that is not mapped, though its larger host page is? */
bool mem_has_hole(gaddr a, u64 len);
i64 mem_brk(gaddr addr);
void mem_set_brk(gaddr start);
/* Native code (wrapped libc) made or dropped a mapping the guest may see: keep the map true. */
void mem_note_native(gaddr addr, u64 len, int prot, int flags, const char *path);
void mem_forget(gaddr addr, u64 len);

/* False if nothing of the guest is mapped there. Async-signal-safe. */
bool mem_query(gaddr a, struct mem_region *r);
/* The region at a, or the next one above it; false at the end. (r->start may be below a.)
 * Async-signal-safe. */
bool mem_next(gaddr a, struct mem_region *r);
/* First address that cannot be mapped for the guest: 2^47, or less on hosts with smaller address
 * spaces. */
gaddr mem_limit(void);
/* Names a region for /proc/self/maps and reports ("[stack]", path of a module). */
void mem_name(gaddr start, gaddr end, const char *name);

/* env->fetch: see x86/cpu.h. */
gaddr mem_fetch(gaddr pc, bool *checked);

/* A host SIGSEGV/SIGBUS at `a`. */
enum mem_fault {
    MEM_FAULT_RETRY,  /* it was a write to watched code: blocks dropped, access may be repeated */
    MEM_FAULT_MAPERR, /* the guest's own fault: nothing mapped */
    MEM_FAULT_ACCERR, /* mapped, protection */
};
enum mem_fault mem_fault(gaddr a, bool is_write);
/* The kernel will write [a, a+len) for us (read(2) ...): make watched code writable first. Cheap
 * when nothing is watched. */
void mem_prepare_write(gaddr a, u64 len);
/* Would that do anything? Lock-free. */
bool mem_is_watched(gaddr a, u64 len);
bool mem_any_watched(void); /* anywhere */

/* Text of /proc/self/maps as the guest should see it; malloc'd, caller frees. */
char *mem_maps_text(size_t *len);

/* Guest memory may be read/written without a fault (map lookup, or the kernel is asked),
 * for syscall struct copies. */
bool mem_readable(gaddr a, u64 len);
bool mem_writable(gaddr a, u64 len);

#endif
