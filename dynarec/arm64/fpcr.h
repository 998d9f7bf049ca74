/*
 * fpcr.h - bits of FPCR, FPSR and MXCSR: for fpstate.c, around translated code, and ops_mxcsr.c, in
 * it.
 */
#ifndef DYNAREC_ARM64_FPCR_H
#define DYNAREC_ARM64_FPCR_H

#define MX_DAZ (1u << 6)
#define MX_MASKS (0x3fu << 7)
#define MX_FTZ (1u << 15)
enum { MX_IE = 1, MX_DE = 2, MX_ZE = 4, MX_OE = 8, MX_UE = 16, MX_PE = 32 };

#define FPCR_FIZ (1u << 0)
#define FPCR_AH (1u << 1)
#define FPCR_NEP (1u << 2)
#define FPCR_FZ (1u << 24)
#define FPCR_OF_GUEST (1ull << 63) /* in jit.fpcr: it is in the register */

enum { FPSR_IOC = 1, FPSR_DZC = 2, FPSR_OFC = 4, FPSR_UFC = 8, FPSR_IXC = 16, FPSR_IDC = 128 };

#endif
