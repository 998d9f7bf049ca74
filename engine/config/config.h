/*
 * config.h - the options in force. main calls cfg_init() first thing and cfg_resolve() when it
 * knows the program; after that `cfg` never changes, so any thread reads it without a lock.
 *
 * Layers, low to high: default, preset, profile files (see profile.h), environment, command line.
 * Nothing is ever written to the environment: a child process starts from its own profile and from
 * what the user set, not from what this process's profile set.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdio.h>

#include "base/types.h"

/* The values of cfg.libc, in the order of its words in options.def. */
enum cfg_libc { CFG_LIBC_NATIVE, CFG_LIBC_GUEST };

/* One field a row of options.def. Strings are never NULL. */
struct cfg {
#define OPT_INT(field, NAME, min, max, def, class, state, text) int field;
#define OPT_STR(field, NAME, form, def, class, state, text) const char *field;
#define OPT_ENUM(field, NAME, words, def, class, state, text) int field;
#define OPT_SET(field, NAME, words, def, class, state, text) unsigned field;
#include "config/options.def"
};

extern struct cfg cfg;

enum cfg_action {
    CFG_RUN,  /* go on: argv[1] is the program */
    CFG_DONE, /* --help and the like: printed, leave with 0 */
    CFG_USAGE /* wrong command line: said so on stderr, leave with 125 */
};

/*
 * Reads environment and the options before the program's name, and takes these out of argv (argv[0]
 * stays, argv[1] becomes the program). Sets log_level and the trace channels.
 */
enum cfg_action cfg_init(int *argc, char ***argv);

/* Applies the profiles that match the program (its path as found). 0, or -errno of the trace file.
 */
int cfg_resolve(const char *program_path);

/*
 * The options for code of one mapped file: *out is cfg with the matching [/name] sections on top.
 * Returns whether any matched.
 */
bool cfg_for_library(const char *path, struct cfg *out);

/* Each option, its value for that program, and what set it. Leaves `cfg` resolved for it. */
int cfg_explain(FILE *out, const char *program);

void cfg_help(FILE *out);
void cfg_list_options(FILE *out, bool json);

/* Is item in a list of names separated by ':' ',' or blanks? Used for the library lists. */
bool cfg_list_has(const char *list, const char *item);

/* Walks such a list: the next name from *at, its length in *len, or NULL at the end. */
const char *cfg_list_next(const char **at, size_t *len);

#endif
