/*
 * libc_wait.c - waiting for children: stops of traced guests on their way to a safe point are not
 * for the guest (linux/trace.h).
 */
#include "libc.h"

#include <sys/resource.h>
#include <sys/wait.h>

i32 my_wait4(i32 pid, void *status, i32 options, void *usage)
{
    int s = 0;
    pid_t r;

    do {
        r = wait4(pid, &s, options, usage);
    } while (r > 0 && !linux_wait_stop(r, &s));
    if (r > 0 && status)
        *(int *)status = s;
    return r;
}

i32 my_waitid(u32 type, u32 id, void *info, i32 options)
{
    struct thr *t = thr_self();
    i32 r;

    if (linux_traces())
        return (i32)libc_syscall(X_WAITID, type, id, h2g(info), (u64)(i64)options, 0, 0);
    sig_native_resume(t, SIG_NATIVE_CALL);
    r = waitid((idtype_t)type, id, info, options);
    sig_native_leave(t);
    return r;
}

i32 my_wait3(void *status, i32 options, void *usage)
{
    return my_wait4(-1, status, options, usage);
}

i32 my_waitpid(i32 pid, void *status, i32 options)
{
    return my_wait4(pid, status, options, NULL);
}

i32 my_wait(void *status)
{
    return my_wait4(-1, status, 0, NULL);
}
