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
