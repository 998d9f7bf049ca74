/*
 * outputs.h - guest memory that the kernel is going to write for a native function (read, recvmsg,
 * getrusage ...). Pages with watched code are write-protected on the host; a native function's own
 * write faults and goes on, the kernel's is EFAULT. Called by what wrapgen.py makes of `out=`, in
 * front of the native function. Costs one load while nothing is watched.
 */
#ifndef BRIDGE_OUTPUTS_H
#define BRIDGE_OUTPUTS_H

#include "base/types.h"

void br_out(const void *p, u64 size);
/* What a socklen_t * says; NULL and what cannot be read: 0. */
u64 br_out_size(const void *p);
void br_out_iov(const void *iov, u64 n);
void br_out_msg(const void *msg);
void br_out_mmsg(const void *msgs, u64 n);
void br_out_aio(const void *cb);
void br_out_aios(const void *list, u64 n);

#endif
