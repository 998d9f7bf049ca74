/*
 * map.h - inside engine/mem: the sorted map of guest mappings, the code-watch page states and the
 * host-page work. Lock order: mem_lock() is the innermost lock of the engine; it is held for every
 * change of map, host protections and page states together, so the three never disagree while it is
 * free. Lookups (map_find, map_next, watch_state) take no lock.
 */
#ifndef MEM_MAP_H
#define MEM_MAP_H

#include "mem/mem.h"

#define GUEST_PAGE_MASK ((u64)GUEST_PAGE_SIZE - 1)
/* x86-64 user addresses: what a guest with 4-level page tables can see. */
#define GUEST_VA_END (1ull << 47)

/* A named thing that is mapped; interned, never freed. "[heap]" and the like have ino 0. */
struct mem_file {
    struct mem_file *next;
    u64 dev, ino;
    u32 hash;
    bool pseudo; /* a name, not a file: neighbours merge whatever their offset */
    char path[];
};

struct vma {
    gaddr start, end;
    u64 offset;
    const struct mem_file *file;
    u32 prot, flags;
};

/* map.c. Lock-free. map_next: the first mapping that ends above a. */
bool map_find(gaddr a, struct vma *out);
bool map_next(gaddr a, struct vma *out);
bool map_any_exec(gaddr start, gaddr end);
bool map_covered(gaddr start, gaddr end);
/* Under mem_lock: forget [start, end), then put v (may be NULL) there. 0 or -ENOMEM. */
int map_replace(gaddr start, gaddr end, const struct vma *v);
int map_set_prot(gaddr start, gaddr end, u32 prot);
const struct mem_file *map_intern(const char *path, u64 dev, u64 ino);
size_t map_count(void);

void mem_lock(void);
bool mem_trylock(void); /* false also when this thread holds it */
void mem_unlock(void);
/* Does another thread hold it? For signal handlers. */
bool mem_lock_busy(void);

/* watch.c: one byte a guest page. */
enum { WATCH_ON = 0x80, WATCH_CHECKED = 0x40, WATCH_HEAT = 0x3f };
u8 watch_state(gaddr page);
/* Under mem_lock: host protections are about to be set anew; `forget` drops heat too (unmap). */
void watch_clear(gaddr start, gaddr end, bool forget);
/* Under mem_lock: give watched pages their guest protections back, so that the kernel sees whole
 * mappings (mremap). */
void watch_release(gaddr start, gaddr end);

/* Under mem_lock: the blocks of watched pages die and the pages count as not watched; the caller
 * sets host protections. */
void watch_drop(gaddr start, gaddr end);
/* Is a page of [start, end) watched that is not in [skip, skip_end)? */
bool watch_any(gaddr start, gaddr end, gaddr skip, gaddr skip_end);

/* host.c: the host side of guest mappings; placement. On hosts with larger pages these go through
 * paged.c. All under mem_lock but host_advise, which takes it. */
int host_init(void);
gaddr host_va_end(void);
i64 host_map(gaddr addr, u64 len, u32 prot, int flags, int fd, u64 offset);
i64 host_unmap(gaddr addr, u64 len);
i64 host_protect(gaddr addr, u64 len, u32 guest_prot, bool readonly);
i64 host_remap(gaddr old, u64 old_len, u64 new_len, int flags, gaddr new_addr);
i64 host_advise(gaddr addr, u64 len, int advice);
/* Is [start, end) memory of box64 itself that the guest must not replace? */
bool host_is_own(gaddr start, gaddr end);

/* kernel.c: the only calls of mmap(2) and its relatives for guest memory. Addresses, lengths and
 * offsets are multiples of host_page, which is checked. */
extern u64 host_page; /* the host's page size, or what BOX64_HOST_PAGE pretends */
int kernel_init(void);
/* Places are multiples of host_page also when that is pretended. Flags are the host's. */
i64 kernel_map(gaddr addr, u64 len, int prot, int flags, int fd, u64 offset);
/* At addr, or -EEXIST. */
i64 kernel_map_exactly(gaddr addr, u64 len, int prot, int flags, int fd, u64 offset);
i64 kernel_unmap(gaddr addr, u64 len);
i64 kernel_protect(gaddr addr, u64 len, int prot);
i64 kernel_remap(gaddr old, u64 old_len, u64 new_len, int flags, gaddr new_addr);
i64 kernel_advise(gaddr addr, u64 len, int advice);
/* Is all of it mapped? */
bool kernel_mapped(gaddr addr, u64 len);

/* host.c for paged.c: protections as the host has them; a place of the engine's choice (multiples
 * of host_page) for what is not fixed; low: below 2 GiB. */
int host_prot(u32 guest, bool readonly);
i64 host_place(u64 len, int prot, int flags, int fd, u64 offset, bool low);

/* paged.c: guest pages smaller than host pages. */
i64 paged_map(gaddr addr, u64 len, u32 prot, int flags, int fd, u64 offset);
i64 paged_unmap(gaddr addr, u64 len);
i64 paged_protect(gaddr addr, u64 len, u32 prot, bool readonly);
i64 paged_advise(gaddr addr, u64 len, int advice);
/* paged_move.c */
i64 paged_remap(gaddr old, u64 old_len, u64 new_len, int flags, gaddr new_addr);

/* paged.c for paged_move.c. */
/* Has host page p guest pages outside [lo, hi)? */
bool paged_others(gaddr p, gaddr lo, gaddr hi);
/* Sets host protections of all host pages that hold [lo, hi), whose guest pages get prot. */
i64 paged_set_prot(gaddr lo, gaddr hi, u32 prot, bool readonly);
/* Takes the host pages at the ends of [lo, hi) that hold nothing of the guest; -ENOMEM if something
 * native is there. */
i64 paged_claim(gaddr lo, gaddr hi);
/* Copies what can be read; pages that cannot (beyond the end of a file) count as zeros. */
void paged_copy(u8 *to, gaddr from, u64 len);
/* Is there guest memory in the host page of a? Lock-free. */
bool paged_owned(gaddr a);

#endif
