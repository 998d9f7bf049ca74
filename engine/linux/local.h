/*
 * local.h - what the files of engine/linux share and nobody else sees.
 */
#ifndef LINUX_LOCAL_H
#define LINUX_LOCAL_H

#include <errno.h>
#include <stdio.h>

#include "base/bits.h"
#include "base/log.h"
#include "linux/hostnr.h"
#include "linux/linux.h"
#include "signal/signal.h"

#define GUEST_PATH_MAX 4096
#define GUEST_AT_FDCWD (-100)
#define GUEST_AT_SYMLINK_NOFOLLOW 0x100
#define GUEST_AT_EMPTY_PATH 0x1000
#define GUEST_O_CLOEXEC 02000000

/* <arch>/syscall.S: result or -errno. */
i64 host_syscall(long nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
i64 host_syscall_safe(const volatile u32 *pending, long nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4,
                      u64 a5);
extern const char host_syscall_safe_start[], host_syscall_safe_insn[], host_syscall_safe_again[];

/* HOST(c, nr, ...): the interruptible call, missing arguments are 0. -SIG_RESTART goes up to
 * linux_syscall unchanged. */
#define HOST_ARGS(c, nr, a0, a1, a2, a3, a4, a5, ...)                                              \
    host_syscall_safe(&(c)->pending, nr, (u64)(a0), (u64)(a1), (u64)(a2), (u64)(a3), (u64)(a4),    \
                      (u64)(a5))
#define HOST(c, ...) HOST_ARGS(c, __VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

#define SYS_PASS(nr, name, ...)
#define SYS_FAIL(nr, name, ...)
#define SYS_HAND(nr, name, ...) i64 sys_##name(struct x86_cpu *c, const u64 *a);
#define SYS_EMUL SYS_HAND
#include "linux/syscalls.def"
#undef SYS_EMUL
#undef SYS_PASS
#undef SYS_FAIL
#undef SYS_HAND

ALWAYS_INLINE struct thr *thr_of(const struct x86_cpu *c)
{
    return c->owner;
}

/* proc.c: files that must look like an x86-64 machine's. */
enum proc_view {
    VIEW_NONE,
    VIEW_EXE,
    VIEW_MAPS,
    VIEW_CMDLINE,
    VIEW_AUXV,
    VIEW_CPUINFO,
    VIEW_TRACED_AUXV
};
enum proc_view proc_view_of(const char *path);
i64 proc_open(struct x86_cpu *c, enum proc_view view, int guest_flags);
void proc_cpuinfo(struct x86_cpu *c, FILE *f);
const char *proc_exe(void); /* absolute path of the guest program */

/*
 * A guest path as the host should see it: the guest's own pointer, or the program's path where the
 * guest means /proc/self/exe (then *view says so, NULL: not wanted). 0 on EFAULT and the like
 * (*err).
 */
u64 guest_path(u64 path, enum proc_view *view);

/* exec.c */
const char *exec_self(void);
i64 exec_guest(struct x86_cpu *c, const char *path, u64 argv, u64 envp);
bool exec_is_traced(void);      /* by who made this program */
void exec_take_filters(void);   /* of the program that made this one */
void exec_forget_scratch(void); /* memory that a vfork child left behind in its parent */

/* statx(2) based: the one stat call that every host has. */
i64 stat_common(struct x86_cpu *c, int dirfd, u64 path, int flags, u64 out);

#endif
