/*
 * kinds.h - the words of syscalls.def: kinds of arguments, structures, sets of names. Included by
 * syscall.c and strace.c only.
 */
#ifndef LINUX_KINDS_H
#define LINUX_KINDS_H

#include "base/types.h"

/* kind in the low byte, its parameter (argument number, structure, set) in the high one */
#define KIND(k, param) ((k) | (param) << 8)
#define KIND_OF(a) ((a)&0xff)
#define PARAM_OF(a) ((a) >> 8)

enum sys_kind {
    A_NONE,
    A_FD,   /* file descriptor */
    A_ATFD, /* the same or AT_FDCWD */
    A_INT,
    A_UINT,
    A_LONG,
    A_SIZE,
    A_HEX,
    A_OCT,
    A_PTR,
    A_PATH,
    A_STR,
    A_STRV, /* NULL-ended array of strings */
    A_ENVV, /* the same, only counted */
    A_SIG,
    A_IMSG,
    A_OMSG, /* struct msghdr sent, received */
    AK_IBUF,
    AK_OBUF,
    AK_IN,
    AK_OUT,
    AK_IO,
    AK_FLAGS,
    AK_VAL,
    AK_IIOV,
    AK_OIOV,
    AK_ADDR,
    AK_POLLFDS,
    AK_EPEVENTS,
    AK_OARR,  /* elements that the kernel writes: their number's argument, log2 of their size */
    AK_OFIX,  /* bytes that the kernel writes */
    AK_OMMSG, /* struct mmsghdr received */
};

#define A_IBUF(n) KIND(AK_IBUF, n)
#define A_OBUF(n) KIND(AK_OBUF, n)
#define A_IN(s) KIND(AK_IN, s)
#define A_OUT(s) KIND(AK_OUT, s)
#define A_IO(s) KIND(AK_IO, s)
#define A_FLAGS(f) KIND(AK_FLAGS, f)
#define A_VAL(f) KIND(AK_VAL, f)
#define A_IIOV(n) KIND(AK_IIOV, n)
#define A_OIOV(n) KIND(AK_OIOV, n)
#define A_ADDR(n) KIND(AK_ADDR, n)
#define A_POLLFDS(n) KIND(AK_POLLFDS, n)
#define A_EPEVENTS(n) KIND(AK_EPEVENTS, n)
#define A_OARR(n, log2_size) KIND(AK_OARR, (n) | (log2_size) << 4)
#define A_OFIX(size) KIND(AK_OFIX, size)
#define A_OMMSG(n) KIND(AK_OMMSG, n)

/* Structures by their x86-64 size in bytes. */
#define SYS_STRUCTS(X)                                                                             \
    X(S_INT, 4)                                                                                    \
    X(S_LONG, 8)                                                                                   \
    X(S_STAT, 144) X(S_TIMESPEC, 16) X(S_TIMEVAL, 16) X(S_RUSAGE, 144) X(S_SYSINFO, 112)           \
        X(S_UTSNAME, 390) X(S_STATX, 256) X(S_STATFS, 120) X(S_SIGSET, 8) X(S_SIGACTION, 32)       \
            X(S_ITIMERVAL, 32) X(S_ITIMERSPEC, 32) X(S_RLIMIT, 16) X(S_TMS, 32) X(S_FDPAIR, 8)     \
                X(S_SIGINFO, 128) X(S_STACK, 24) X(S_EPOLLEV, 12) X(S_SOCKADDR, 128)               \
                    X(S_SHMID, 112) X(S_MSQID, 120) X(S_FDSET, 128) X(S_TIMEX, 208)                \
                        X(S_MQATTR, 64)

#define X(name, size) name,
enum sys_struct { SYS_STRUCTS(X) S_COUNT };
#undef X

enum sys_names {
    F_OPEN,
    F_PROT,
    F_MAP,
    F_ACCESS,
    F_MREMAP,
    F_MSYNC,
    F_MSG,
    F_CLONE,
    F_WAIT,
    F_AT,
    V_SEEK,
    V_SIGHOW,
    V_IOCTL,
    V_MADV,
    V_AF,
    V_SOCK,
    V_FCNTL,
    V_RLIMIT,
    V_PRCTL,
    V_ARCH,
    V_FUTEX,
    V_CLOCK,
    V_EPCTL
};

#define SYS_ARGS 6

struct sys_row {
    const char *name;
    i64 (*hand)(struct x86_cpu *c, const u64 *a);
    i32 host; /* the host's number, -1 none */
    i32 fail; /* errno of SYS_FAIL */
    u16 args[SYS_ARGS];
};

#define SYS_MAX 463
extern const struct sys_row sys_rows[SYS_MAX];
extern const u16 sys_struct_size[S_COUNT];

/* strace.c: the line of a call; before() for those that may not come back. */
void strace_before(const struct sys_row *row, const u64 *a);
void strace_after(const struct sys_row *row, const u64 *a, i64 result);
bool strace_is_final(const struct sys_row *row);

#endif
