/*
 * sys_proc.c - processes and the machine: uname, limits, prctl, arch_prctl, ptrace, seccomp, ioctl,
 * semctl.
 */
#include <string.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sys/sem.h>
#include <sys/utsname.h>

#include "linux/local.h"
#include "linux/policy.h"
#include "linux/trace.h"
#include "mem/mem.h"

#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003
#define ARCH_GET_GS 0x1004
#define ARCH_GET_CPUID 0x1011
#define ARCH_SET_CPUID 0x1012
#define ARCH_GET_XCOMP_SUPP 0x1021
#define ARCH_GET_XCOMP_PERM 0x1022
#define SECCOMP_MODE_STRICT_ 1
#define SECCOMP_MODE_FILTER_ 2
#define SECCOMP_OP_STRICT 0
#define SECCOMP_OP_FILTER 1
#define SECCOMP_OP_ACTION_AVAIL 2
#define TASK_SIZE_MAX 0x7ffffffff000ull
#define PTRACE_TRACEME 0
#define G_PER_LINUX32 8
#define G_PR_GET_SECCOMP 21
#define G_PR_SET_SECCOMP 22
#define G_PR_SET_MM 35
#define G_PR_SET_SYSCALL_USER_DISPATCH 59

_Static_assert(sizeof(struct utsname) == 390, "struct new_utsname");

i64 sys_uname(struct x86_cpu *c, const u64 *a)
{
    struct utsname u;
    i64 r;

    memset(&u, 0, sizeof u);
    r = HOST(c, __NR_uname, h2g(&u));
    if (r < 0)
        return r;
    memset(u.machine, 0, sizeof u.machine);
    strcpy(u.machine, "x86_64");
    return sig_write(a[0], &u, sizeof u) ? 0 : -EFAULT;
}

i64 sys_exit(struct x86_cpu *c, const u64 *a)
{
    tracee_exits(c, (int)a[0]);
    thr_exit((int)a[0]);
}

i64 sys_exit_group(struct x86_cpu *c, const u64 *a)
{
    tracee_exits(c, (int)a[0]);
    thr_exit_group((int)a[0]);
}

i64 sys_getpgrp(struct x86_cpu *c, const u64 *a)
{
    (void)a;
    return HOST(c, __NR_getpgid, 0);
}

i64 sys_getrlimit(struct x86_cpu *c, const u64 *a)
{
    mem_prepare_write(a[1], 16);
    return HOST(c, __NR_prlimit64, 0, a[0], 0, a[1]);
}

i64 sys_setrlimit(struct x86_cpu *c, const u64 *a)
{
    if (!a[1])
        return -EFAULT;
    return HOST(c, __NR_prlimit64, 0, a[0], a[1], 0);
}

/* PER_LINUX32 would change the host's uname under our feet; the flags above the low byte are
 * harmless. */
i64 sys_personality(struct x86_cpu *c, const u64 *a)
{
    if ((u32)a[0] != 0xffffffff && (a[0] & 0xff) == G_PER_LINUX32)
        return -EINVAL;
    return HOST(c, __NR_personality, a[0]);
}

i64 sys_arch_prctl(struct x86_cpu *c, const u64 *a)
{
    u64 features = c->xcr0;

    switch ((int)a[0]) {
    case ARCH_SET_FS:
    case ARCH_SET_GS:
        if (a[1] >= TASK_SIZE_MAX)
            return -EPERM;
        c->seg_base[(int)a[0] == ARCH_SET_FS ? X86_FS : X86_GS] = a[1];
        return 0;
    case ARCH_GET_FS: return sig_write(a[1], &c->seg_base[X86_FS], 8) ? 0 : -EFAULT;
    case ARCH_GET_GS: return sig_write(a[1], &c->seg_base[X86_GS], 8) ? 0 : -EFAULT;
    case ARCH_GET_CPUID: return 1;
    case ARCH_SET_CPUID: return a[1] ? 0 : -ENODEV;
    case ARCH_GET_XCOMP_SUPP:
    case ARCH_GET_XCOMP_PERM: return sig_write(a[1], &features, 8) ? 0 : -EFAULT;
    default: return -EINVAL;
    }
}

static i64 set_seccomp(struct x86_cpu *c, u64 mode, gaddr prog)
{
    if (mode == SECCOMP_MODE_STRICT_)
        return policy_set_strict(c);
    return mode == SECCOMP_MODE_FILTER_ ? policy_set_filter(c, 0, prog) : -EINVAL;
}

i64 sys_prctl(struct x86_cpu *c, const u64 *a)
{
    switch ((int)a[0]) {
    case G_PR_SET_SECCOMP: return set_seccomp(c, a[1], a[2]);
    case G_PR_GET_SECCOMP: return policy_seccomp_mode(thr_of(c));
    case G_PR_SET_SYSCALL_USER_DISPATCH: return policy_set_dispatch(c, a);
    case G_PR_SET_MM: return -EPERM;
    case PR_GET_NAME: mem_prepare_write(a[1], 16); break;
    }
    return HOST(c, __NR_prctl, a[0], a[1], a[2], a[3], a[4]);
}

i64 sys_seccomp(struct x86_cpu *c, const u64 *a)
{
    u32 action;

    switch ((u32)a[0]) {
    case SECCOMP_OP_STRICT: return a[1] || a[2] ? -EINVAL : policy_set_strict(c);
    case SECCOMP_OP_FILTER: return policy_set_filter(c, (u32)a[1], a[2]);
    case SECCOMP_OP_ACTION_AVAIL:
        if (a[1])
            return -EINVAL;
        if (!sig_read(&action, a[2], sizeof action))
            return -EFAULT;
        return policy_knows(action) ? 0 : -EOPNOTSUPP;
    default: return -EINVAL; /* no listeners here */
    }
}

i64 sys_ptrace(struct x86_cpu *c, const u64 *a)
{
    return a[0] == PTRACE_TRACEME ? tracee_traceme(c) : tracer_request(c, a);
}

bool linux_wait_stop(int pid, int *status)
{
    return ((*status & 0xff) != 0x7f && !tracer_has(pid)) || tracer_stop(pid, status);
}

i64 sys_wait4(struct x86_cpu *c, const u64 *a)
{
    int status = 0;
    i64 r;

    mem_prepare_write(a[3], sizeof(struct rusage));
    do {
        r = HOST(c, __NR_wait4, a[0], h2g(&status), a[2], a[3]);
    } while (r > 0 && !linux_wait_stop((int)r, &status));
    if (r > 0 && a[1] && !sig_write(a[1], &status, sizeof status))
        return -EFAULT;
    return r;
}

bool linux_traces(void)
{
    return tracer_has_any();
}

/* Is what the host's waitid says the guest's to see? With WNOWAIT it is only looked at. */
static bool shows(siginfo_t *info, u64 options)
{
    int status = info->si_status << 8 | 0x7f;

    if (!info->si_pid || info->si_code == CLD_CONTINUED)
        return true;
    if (info->si_code == CLD_TRAPPED || info->si_code == CLD_STOPPED) {
        if (!linux_wait_stop(info->si_pid, &status))
            return false;
        info->si_status = status >> 8;
        return true;
    }
    status = 0;
    return options & WNOWAIT || linux_wait_stop(info->si_pid, &status);
}

i64 sys_waitid(struct x86_cpu *c, const u64 *a)
{
    siginfo_t info;
    i64 r;

    mem_prepare_write(a[4], sizeof(struct rusage));
    do {
        memset(&info, 0, sizeof info);
        r = HOST(c, __NR_waitid, a[0], a[1], h2g(&info), a[3], a[4]);
    } while (!r && !shows(&info, a[3]));
    if (r || !a[2])
        return r;
    /* What the kernel writes of it: signal, error, code; process, user, status. */
    return sig_write(a[2], &info, 12) && sig_write(a[2] + 16, &info.si_pid, 12) ? 0 : -EFAULT;
}

/* Terminal, socket and file ioctls have the generic numbers and structures on x86-64; so have the
 * other hosts. */
i64 sys_ioctl(struct x86_cpu *c, const u64 *a)
{
    u32 cmd = (u32)a[1], size = (cmd >> 16) & 0x3fff;

    if (cmd & 0x80000000u) /* _IOC_READ: the kernel writes */
        mem_prepare_write(a[2], size);
    else if ((cmd & 0xff00) == 0x5400)
        mem_prepare_write(a[2], 64);
    return HOST(c, __NR_ioctl, a[0], a[1], a[2]);
}

/* x86-64 alone has reserved words behind the two times (asm/sembuf.h). */
struct guest_semid {
    struct ipc_perm perm;
    i64 otime, unused1, ctime, unused2, nsems, unused3, unused4;
};

#define IPC_64_FLAG 0x100

i64 sys_semctl(struct x86_cpu *c, const u64 *a)
{
    int cmd = (int)a[2] & ~IPC_64_FLAG;
    struct guest_semid g;
    struct semid_ds h;
    i64 r;

    if (cmd != IPC_STAT && cmd != IPC_SET && cmd != SEM_STAT)
        return HOST(c, __NR_semctl, a[0], a[1], cmd, a[3]);
    memset(&h, 0, sizeof h);
    if (cmd == IPC_SET) {
        if (!sig_read(&g, a[3], sizeof g))
            return -EFAULT;
        h.sem_perm = g.perm;
    }
    r = HOST(c, __NR_semctl, a[0], a[1], cmd, h2g(&h));
    if (r < 0 || cmd == IPC_SET)
        return r;
    memset(&g, 0, sizeof g);
    g.perm = h.sem_perm;
    g.otime = h.sem_otime;
    g.ctime = h.sem_ctime;
    g.nsems = (i64)h.sem_nsems;
    return sig_write(a[3], &g, sizeof g) ? r : -EFAULT;
}
