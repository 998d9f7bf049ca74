/*
 * regs.h - which A64 register holds what while translated code runs. The guest's argument registers
 * are the host ABI's (x0-x5, v0-v7), its callee-saved ones are callee-saved here (x19-x25): a call
 * into a native function moves nothing.
 */
#ifndef DYNAREC_ARM64_REGS_H
#define DYNAREC_ARM64_REGS_H

enum {
    R_RDI = 0,
    R_RSI = 1,
    R_RDX = 2,
    R_RCX = 3,
    R_R8 = 4,
    R_R9 = 5,
    R_RAX = 8,
    R_R10 = 9,
    R_R11 = 10,
    R_RBX = 19,
    R_RBP = 20,
    R_RSP = 21,
    R_R12 = 22,
    R_R13 = 23,
    R_R14 = 24,
    R_R15 = 25,
    R_PF = 26,     /* result whose low byte gives PF, when that is needed */
    R_AF = 18,     /* a ^ b of the operation that made R_PF: bit 4 of it ^ R_PF is AF */
    R_TAB = 27,    /* somewhere in struct dyn_thread.tab */
    R_CPU = 28,    /* struct x86_cpu */
    R_SHADOW = 29, /* shadow stack, grows down: guest, host return address */
    R_LR = 30,
    R_ZR = 31,
    /* Fixed uses of temporaries at exits: */
    R_TARGET = 17, /* guest pc to go to; guest return address at entries for calls */
    R_SITE = 16,   /* site that is left by; record for the sem thunk */
};

/* x11-x15 x6 x7 x16 x17 */
#define TMP_MASK (0xf800u | 1u << 6 | 1u << 7 | 1u << 16 | 1u << 17)
#define VTMP_MASK 0x00ff0000u /* v16-v23 */

#endif
