/*
 * host_vec.h - host-ops on vectors and floating point: part of host.h. XMM registers are pinned
 * (h_vec), the upper halves of YMM registers live in struct x86_cpu.
 */
#ifndef DYNAREC_HOST_VEC_H
#define DYNAREC_HOST_VEC_H

#include "dynarec/host_vecint.h"
#include "dynarec/host_fp.h"

#endif
