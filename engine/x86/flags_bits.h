/*
 * flags_bits.h - EFLAGS and MXCSR bit positions (SDM vol. 1, 3.4.3 and 10.2.3).
 */
#ifndef X86_FLAGS_BITS_H
#define X86_FLAGS_BITS_H

enum {
    X86_CF = 0x1,
    X86_PF = 0x4,
    X86_AF = 0x10,
    X86_ZF = 0x40,
    X86_SF = 0x80,
    X86_TF = 0x100,
    X86_IF = 0x200,
    X86_DF = 0x400,
    X86_OF = 0x800,
    X86_NT = 0x4000,
    X86_RF = 0x10000,
    X86_AC = 0x40000,
    X86_ID = 0x200000,
    X86_OSZAPC = X86_OF | X86_SF | X86_ZF | X86_AF | X86_PF | X86_CF,
    X86_FLAGS_FIXED = 0x202 /* bit 1 and IF always read as set in user mode */
};

enum {
    MXCSR_IE = 1,
    MXCSR_DE = 2,
    MXCSR_ZE = 4,
    MXCSR_OE = 8,
    MXCSR_UE = 0x10,
    MXCSR_PE = 0x20,
    MXCSR_FLAGS = 0x3f,
    MXCSR_DAZ = 0x40,
    MXCSR_MASK_SHIFT = 7,
    MXCSR_MASKS = 0x1f80,
    MXCSR_RC_SHIFT = 13,
    MXCSR_RC = 0x6000,
    MXCSR_FTZ = 0x8000,
    MXCSR_DEFAULT = 0x1f80,
    MXCSR_VALID = 0xffff
};

#endif
