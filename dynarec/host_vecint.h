/*
 * host_vecint.h - host-ops: vector moves, integer arithmetic, shuffles. Vectors are 16 bytes; `esz`
 * is the log2 of an element's bytes; element 0 is the lowest. d may be any of the sources unless
 * said otherwise. No operation here touches the guest's flags. Temporaries that an operation needs
 * itself are free again after it. Lowered by <host>/ops_vecint.c, called by translate/tr_vec_*.c
 * and, for moves and upper halves, tr_fp*.c.
 */
#ifndef DYNAREC_HOST_VECINT_H
#define DYNAREC_HOST_VECINT_H

#include "dynarec/core/tr.h"

struct h_mem;

/* ---- moves ---- */
void h_vmov(struct tr *t, vreg d, vreg s);
void h_vmov_low(struct tr *t, unsigned sz, vreg d, vreg s); /* sz 4 8; the rest becomes zero */
void h_vzero(struct tr *t, vreg d);
void h_vconst(struct tr *t, vreg d, u64 lo, u64 hi);
/* sz 1 2 4 8 16; a shorter load zeroes the rest. */
void h_vld(struct tr *t, unsigned sz, vreg d, const struct h_mem *m);
void h_vst(struct tr *t, unsigned sz, vreg s, const struct h_mem *m);
/* 32 bytes. */
void h_vld2(struct tr *t, vreg lo, vreg hi, const struct h_mem *m);
void h_vst2(struct tr *t, vreg lo, vreg hi, const struct h_mem *m);
/* One element (the others stay; d is written last), and one element everywhere. */
void h_vld_elem(struct tr *t, unsigned esz, vreg d, unsigned i, const struct h_mem *m);
void h_vst_elem(struct tr *t, unsigned esz, vreg s, unsigned i, const struct h_mem *m);
void h_vld_dup(struct tr *t, unsigned esz, vreg d, const struct h_mem *m);
/* Between vectors and general registers: sz 4 8, and elements (zero-extended). */
void h_vfrom_gpr(struct tr *t, unsigned sz, vreg d, hreg s); /* the rest becomes zero */
void h_vget(struct tr *t, unsigned esz, hreg d, vreg s, unsigned i);
void h_vput(struct tr *t, unsigned esz, vreg d, unsigned i, hreg s); /* the others stay */
/* 16 bytes of struct x86_cpu. */
void h_vld_cpu(struct tr *t, vreg d, unsigned offset);
void h_vst_cpu(struct tr *t, vreg s, unsigned offset);

/* ---- element by element ---- */
enum h_vop {
    H_VAND,
    H_VANDN, /* ~a & b */
    H_VOR,
    H_VXOR,
    H_VADD,
    H_VSUB,
    H_VADDS, /* saturating: S signed, U unsigned */
    H_VADDU,
    H_VSUBS,
    H_VSUBU,
    H_VEQ, /* all ones or zero */
    H_VGT, /* signed */
    H_VMINS,
    H_VMINU,
    H_VMAXS,
    H_VMAXU,
    H_VAVG,   /* unsigned, rounded up */
    H_VMUL,   /* low half */
    H_VMULHS, /* high half; esz 1 */
    H_VMULHU,
    H_VMULHRS, /* PMULHRSW; esz 1 */
    H_VMULES,  /* even elements of size esz to elements twice as wide */
    H_VMULEU,
    H_VMADD,   /* PMADDWD */
    H_VMADDUS, /* PMADDUBSW */
    H_VSIGN,   /* PSIGNx */
    H_VPADD,   /* neighbours: those of a below, those of b above */
    H_VPSUB,
    H_VPADDS, /* the same, saturating; esz 1 */
    H_VPSUBS,
    H_VSAD,   /* PSADBW */
    H_VPACKS, /* esz: of the sources; signed in, S: signed out, U: unsigned out */
    H_VPACKU,
    H_VZIPL, /* lower halves interleaved */
    H_VZIPH,
    H_VTBL, /* PSHUFB */
    H_VSHL, /* counts b of h_vcount() or h_vcounts() */
    H_VSHR,
    H_VSAR,
    H_VAESENC, /* as x86 defines them */
    H_VAESENCLAST,
    H_VAESDEC,
    H_VAESDECLAST,
    H_VSHA1NEXTE,
    H_VSHA1MSG1,
    H_VSHA1MSG2,
    H_VSHA256MSG1,
    H_VSHA256MSG2,
    H_VOP_COUNT
};
/* The host has instructions for it (else it must not be asked for). */
bool h_v3_can(enum h_vop op);
void h_v3(struct tr *t, enum h_vop op, unsigned esz, vreg d, vreg a, vreg b);

enum h_vop2 { H_VNOT, H_VABS, H_VAESIMC, H_VMINPOS /* PHMINPOSUW */ };
void h_v2(struct tr *t, enum h_vop2 op, unsigned esz, vreg d, vreg a);

/* By a number 0 .. 255: op H_VSHL H_VSHR H_VSAR. */
void h_vshift(struct tr *t, enum h_vop op, unsigned esz, vreg d, vreg a, unsigned count);
/* Counts for h_v3: the low 64 bits of b for all elements; each element its own. */
void h_vcount(struct tr *t, enum h_vop op, unsigned esz, vreg d, vreg b);
void h_vcounts(struct tr *t, enum h_vop op, unsigned esz, vreg d, vreg b);

/* ---- places ---- */
void h_vins(struct tr *t, unsigned esz, vreg d, unsigned i, vreg s, unsigned j);
void h_vdup(struct tr *t, unsigned esz, vreg d, vreg s, unsigned i);
/* Bytes n .. n + 15 (n 0 .. 32) of hi:lo with zeros above. */
void h_vext(struct tr *t, vreg d, vreg lo, vreg hi, unsigned n);
/* Words i = 0 1 from a, 2 3 from b, two bits of imm each: SHUFPS; PSHUFD with a = b. */
void h_vshuf4(struct tr *t, vreg d, vreg a, vreg b, unsigned imm);
/* PSHUFLW and, high, PSHUFHW. */
void h_vshufh(struct tr *t, vreg d, vreg a, unsigned imm, bool high);
/* Doublewords: d = { a[imm & 1], b[imm >> 1 & 1] }. */
void h_vshuf2(struct tr *t, vreg d, vreg a, vreg b, unsigned imm);
/* Byte i from b where bit i of bytes is set, else from a. */
void h_vblendi(struct tr *t, vreg d, vreg a, vreg b, unsigned bytes);
/* Element from b where that of mask is negative, else from a. */
void h_vblend(struct tr *t, unsigned esz, vreg d, vreg a, vreg b, vreg mask);
/* The lower (high: upper) half of a, each element widened from esz to esz + 1. */
void h_vwiden(struct tr *t, bool sign, bool high, unsigned esz, vreg d, vreg a);
/* MOVSLDUP, MOVSHDUP. */
void h_vdup_even(struct tr *t, vreg d, vreg a);
void h_vdup_odd(struct tr *t, vreg d, vreg a);
/* Element i of 4 bytes is word (idx[i] & 7) of hi:lo. d is none of the sources. */
void h_vperm8(struct tr *t, vreg d, vreg lo, vreg hi, vreg idx);

/* ---- to general registers ---- */
/* Sign bits: esz 0 2 3; of one vector or of hi:lo. */
void h_vmask(struct tr *t, unsigned esz, hreg d, vreg a);
void h_vmask2(struct tr *t, unsigned esz, hreg d, vreg lo, vreg hi);
/* The same for bytes that are all 0 or ffh, as compares make them. */
void h_vmask2_full(struct tr *t, hreg d, vreg lo, vreg hi);
/* d (8 bytes) is zero iff all bits of a are. */
void h_vany(struct tr *t, hreg d, vreg a);

/* ---- special ---- */
void h_vmpsad(struct tr *t, vreg d, vreg a, vreg b, unsigned imm); /* MPSADBW */
bool h_vclmul_can(void);
void h_vclmul(struct tr *t, vreg d, vreg a, vreg b, unsigned imm); /* PCLMULQDQ */
void h_vaeskey(struct tr *t, vreg d, vreg a, unsigned imm);        /* AESKEYGENASSIST */
void h_vsha1rnds4(struct tr *t, vreg d, vreg a, vreg b, unsigned imm);
/* SHA256RNDS2: a CDGH, b ABEF, wk in the low half. */
void h_vsha256rnds2(struct tr *t, vreg d, vreg a, vreg b, vreg wk);
bool h_crc32c_can(void);
void h_crc32c(struct tr *t, unsigned sz, hreg d, hreg crc, hreg data); /* sz: of data */

/*
 * PCMPxSTRx by its immediate: d (none of the others) = ones in the elements of the result; la and
 * lb: the lengths, 0 to 16 >> esz. Then: the implicit length of a; the result as a mask, and the
 * index that its lowest or last bit is, as many as there are elements if none.
 */
void h_pcmpstr(struct tr *t, unsigned imm, vreg d, vreg a, vreg b, hreg la, hreg lb);
void h_pcmpstr_length(struct tr *t, unsigned esz, hreg d, vreg a);
void h_pcmpstr_mask(struct tr *t, unsigned esz, hreg d, vreg v);
void h_pcmpstr_index(struct tr *t, unsigned esz, bool last, hreg d, hreg mask);

/*
 * ---- upper halves of YMM registers ----
 * They live in struct x86_cpu and are cached in host registers inside a block: struct tr_ymm.
 * h_ymm_get: a register with the upper half of YMM i, only to be read. h_ymm_set: the register to
 * compute its new value in (may be that of get(i)); h_ymm_put then makes it the value. The only
 * access to memory between set and put is h_vld2. The registers of the last four get and set stay
 * valid. Values not stored yet are stored by h_ymm_flush: before exits, branches and x86_sem; at
 * faults they are taken from the host's context (h_context_ymm, struct tr_ymm_note).
 */
vreg h_ymm_get(struct tr *t, unsigned i);
vreg h_ymm_set(struct tr *t, unsigned i);
void h_ymm_put(struct tr *t, unsigned i);
void h_ymm_zero(struct tr *t, unsigned i);
void h_ymm_zero_all(struct tr *t); /* VZEROUPPER in 64-bit mode */
void h_ymm_flush(struct tr *t);
/* At block starts and after x86_sem: nothing is known (and nothing was left to store). */
void h_ymm_reset(struct tr *t);
/* Edges of blocks that start with something in the slots: load all of it; make it what is there;
 * from here on it is there. */
/* The upper half to field `offset` of struct x86_cpu; and back, behind a flush, to be left with. */
void h_ymm_keep(struct tr *t, unsigned i, unsigned offset);
void h_ymm_restore(struct tr *t, unsigned i, unsigned offset);
void h_ymm_load(struct tr *t, const struct tr_ymm_keep *k);
void h_ymm_match(struct tr *t, const struct tr_ymm_keep *k);
void h_ymm_start(struct tr *t, const struct tr_ymm_keep *k);

/*
 * ---- MMX registers: in struct x86_cpu, and kept where upper halves are ----
 * get: a register whose low half is MMi, only to be read. set: the register to compute its new
 * value in; put stores it. forget: they have changed in memory.
 */
vreg h_mmx_get(struct tr *t, unsigned i);
vreg h_mmx_set(struct tr *t, unsigned i);
void h_mmx_put(struct tr *t, unsigned i);
void h_mmx_forget(struct tr *t);

#endif
