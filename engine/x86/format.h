/*
 * format.h - Intel-syntax text of a record, for traces, dumps and crash reports.
 */
#ifndef X86_FORMAT_H
#define X86_FORMAT_H

#include "x86/insn.h"

#define X86_FORMAT_MAX 160

/* Writes "add qword ptr [rax+rcx*4+0x10], rbx"; always terminated; returns the length. pc is the
 * instruction's address. */
int x86_format(char *buf, size_t size, const struct x86_insn *in, gaddr pc);

#endif
