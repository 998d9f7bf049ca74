/*
 * linux.h - the x86-64 Linux syscall interface. One row per syscall in syscalls.def (number, name,
 * argument kinds for strace, action); dispatch, strace and docs/coverage.md are generated from the
 * rows.
 */
#ifndef LINUX_LINUX_H
#define LINUX_LINUX_H

#include "x86/cpu.h"

int linux_init(const char *exe_path, char **argv,
               char **envp); /* /proc/self views, argv for re-exec of children */

/*
 * Before cfg_init: keeps box64's own options (children get them too) and takes `--argv0 NAME` out,
 * which an exec'd box64 finds in front of the program. Returns that name (argv[0] of the guest) or
 * NULL.
 */
char *linux_take_args(int *argc, char ***argv);
/* After the program is loaded: RSP at its entry (argc, argv, envp, auxv), for /proc/self/auxv. */
void linux_set_stack(gaddr sp);

/* env->syscall: number in RAX, arguments RDI RSI RDX R10 R8 R9, result in RAX. */
void linux_syscall(struct x86_cpu *c);
/* The same for a wrapped syscall(3): returns the result or -errno. */
i64 linux_syscall6(struct x86_cpu *c, u64 nr, const u64 args[6]);
/* And -SIG_RESTART when a signal has to be delivered before the call can be made: for callers that
 * can be run again. */
i64 linux_syscall6_again(struct x86_cpu *c, u64 nr, const u64 args[6]);

/* A child changed state: false when it stopped where a tracing guest must not see it, and runs on
 * (wait again); true: *status is for the guest. */
bool linux_wait_stop(int pid, int *status);
/* Whether this process traces any: waits have to go through the system call layer then. */
bool linux_traces(void);

/* execve as the guest means it: x86-64 ELF files and their #! scripts run through this box64,
 * native ones natively. -errno or no return. */
i64 linux_execve(const char *path, char *const argv[], char *const envp[]);

/* Guest <-> host struct layouts, by name; shared with wrappers/base. Each returns nothing: sizes
 * are fixed by the x86-64 ABI. */
struct stat;
struct guest_stat { /* x86-64 struct stat, 144 bytes */
    u64 dev, ino, nlink;
    u32 mode, uid, gid, pad0;
    u64 rdev;
    i64 size, blksize, blocks;
    i64 atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
    i64 unused[3];
};
void linux_stat_to_guest(struct guest_stat *g, const struct stat *h);
struct __attribute__((packed)) guest_epoll_event {
    u32 events;
    u64 data;
};
int linux_open_flags_to_host(int guest); /* O_* values differ between hosts */
int linux_open_flags_to_guest(int host);

#endif
