/*
 * libc.h - what the hand-written parts of the libc wrappers share. Nothing outside wrappers/base
 * includes it.
 */
#ifndef WRAPPERS_LIBC_H
#define WRAPPERS_LIBC_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "bridge/thunk.h"
#include "interp/interp.h"
#include "linux/linux.h"
#include "signal/signal.h"
#include "wrapped_my.h"

ALWAYS_INLINE struct x86_cpu *libc_cpu(void)
{
    return &thr_self()->cpu;
}

/* Kernel result -> libc result: -errno becomes -1 and errno. */
ALWAYS_INLINE i64 libc_result(i64 r)
{
    if (r < 0 && r > -4096) {
        errno = (int)-r;
        return -1;
    }
    return r;
}

/* A system call by its x86-64 number, structures and flags as the guest has them. */
i64 libc_syscall(u64 nr, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);

/* Guest's return address of the running call (who called dlopen ...). */
ALWAYS_INLINE gaddr libc_caller(void)
{
    return ld_u64(g2h(libc_cpu()->gpr[BR_RSP]));
}

/* Continues the guest at a jmp_buf it filled; val as for longjmp. Comes back when no host frames
 * had to be dropped. */
void libc_jump(struct x86_cpu *c, gaddr buf, int val);
/* A malloc'ed result as the guest's own free takes it: the same, or moved there (libc_alloc.c). */
void *libc_hand_over(void *native, size_t size);
char *libc_hand_over_string(char *native);
/* Whether the program has a malloc of its own; that one, and its free. */
bool libc_has_own_malloc(void);
void *libc_own_malloc(size_t size);
void libc_own_free(void *p);
/* Cancellation of the running thread: its registered cleanup handlers run. */
void libc_run_cleanups(void);

/* x86-64 syscall numbers used by the wrappers. */
enum {
    X_FCNTL = 72,
    X_IOCTL = 16,
    X_OPEN = 2,
    X_READLINK = 89,
    X_MSYNC = 26,
    X_MINCORE = 27,
    X_MLOCK = 149,
    X_MUNLOCK = 150,
    X_MLOCK2 = 325,
    X_UNAME = 63,
    X_PTRACE = 101,
    X_PERSONALITY = 135,
    X_PRCTL = 157,
    X_ARCH_PRCTL = 158,
    X_RT_SIGPENDING = 127,
    X_RT_SIGTIMEDWAIT = 128,
    X_RT_SIGSUSPEND = 130,
    X_SHMAT = 30,
    X_SHMCTL = 31,
    X_SHMDT = 67,
    X_SEMCTL = 66,
    X_MSGCTL = 71,
    X_EPOLL_WAIT = 232,
    X_EPOLL_CTL = 233,
    X_WAITID = 247,
    X_OPENAT = 257,
    X_READLINKAT = 267,
    X_PSELECT6 = 270,
    X_PPOLL = 271,
    X_EPOLL_PWAIT = 281,
    X_EPOLL_PWAIT2 = 441,
    X_DUP3 = 292,
    X_PIPE2 = 293,
    X_OPEN_BY_HANDLE_AT = 304,
    X_EXECVEAT = 322,
};

#endif
