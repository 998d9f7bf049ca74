/*
 * layer.h - what config.c knows of every option while it is being decided: its value and who set
 * it. Inside the room config: help.c prints it, tests read it.
 */
#ifndef CONFIG_LAYER_H
#define CONFIG_LAYER_H

#include "base/types.h"
#include "config/config.h"
#include "config/profile.h"

struct cfg_slot {
    u32 rank; /* see PROF_RANK; 0: the default */
    int num;
    const char *str;
    const char *file; /* NULL for the default, environment and command line */
    int line;
    struct span section;
};

/* A profile file in memory; kept, because slots point into it and libraries ask later. */
struct cfg_file {
    char *name;
    struct span text;
    bool presets_only;
    bool report; /* warn about what is wrong in it */
};

#define CFG_FILES_MAX 4

extern struct cfg_slot cfg_slots[CFG_OPT_COUNT];

/* Every complaint passes here; a test or fuzz target may take them instead of the log. */
extern void (*cfg_warn_hook)(const char *text);

/* The files that cfg_resolve() looks at. Returns how many there are. */
size_t cfg_files(const struct cfg_file **out);

/* Uses these in place of all others from the next cfg_resolve() on, which must come before anything
 * else reads `cfg` (tests, fuzzing). */
void cfg_use_files(const struct cfg_file *files, size_t n);

/* The name of this host's CPU, as CMake has it. */
extern const char cfg_host_arch[];
extern const char cfg_version[];

/* The value of an option as text. buf is used for what is not a string. */
const char *cfg_slot_text(enum cfg_opt o, char *buf, size_t size);

#endif
