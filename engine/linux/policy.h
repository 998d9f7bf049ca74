/*
 * policy.h - inside engine/linux: what a guest thread has had forbidden, seccomp filters and system
 * call user dispatch. They see the guest's calls: x86-64 numbers, the guest's RIP. Calls made
 * by wrapped native libraries are the host's and pass by.
 */
#ifndef LINUX_POLICY_H
#define LINUX_POLICY_H

#include "linux/local.h"

/*
 * Before a call, when the thread has a policy. True: make the call. False: *result is the answer;
 * POLICY_SIGNALLED: SIGSYS is on its way, RAX keeps the number. `direct`: a SYSCALL instruction of
 * the guest (RIP is behind it), else a wrapped syscall(3).
 */
#define POLICY_SIGNALLED (-4096)
bool policy_check(struct x86_cpu *c, u64 nr, const u64 *a, bool direct, i64 *result);

/* A new process keeps the filters, but not the dispatch. */
void policy_after_fork(struct thr *t);

/* execve: a descriptor that holds the filters for the next box64, -1 when there are none. */
int policy_save(void);
/* In the new box64: filters from that descriptor, which is closed. */
void policy_load(int fd);

bool policy_knows(u32 action);                                   /* SECCOMP_GET_ACTION_AVAIL */
i64 policy_seccomp_mode(const struct thr *t);                    /* PR_GET_SECCOMP */
i64 policy_set_filter(struct x86_cpu *c, u64 flags, gaddr prog); /* SECCOMP_SET_MODE_FILTER */
i64 policy_set_strict(struct x86_cpu *c);                        /* SECCOMP_SET_MODE_STRICT */
i64 policy_set_dispatch(struct x86_cpu *c, const u64 *a);        /* PR_SET_SYSCALL_USER_DISPATCH */

/* bpf.c: classic BPF as seccomp allows it. */
struct bpf_insn {
    u16 code;
    u8 jt, jf;
    u32 k;
};
struct bpf_data { /* struct seccomp_data */
    i32 nr;
    u32 arch;
    u64 ip, args[6];
};
bool bpf_valid(const struct bpf_insn *p, unsigned n);
u32 bpf_run(const struct bpf_insn *p, const struct bpf_data *d);

#endif
