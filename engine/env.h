/*
 * env.h - the bottom of main: which room answers which question of the engine (struct x86_env), and
 * the CPUID policy from the options.
 */
#ifndef ENGINE_ENV_H
#define ENGINE_ENV_H

#include "x86/cpu.h"

extern const struct x86_env guest_env;

/* Reads the options into the CPUID policy; unknown names in BOX64_CPUID_MASK are warned about. */
void env_init(void);

#endif
