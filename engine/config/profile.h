/*
 * profile.h - profile files: lines, sections, and which sections hold for a program. An INI file
 * that Box64's box64rc files are good for; docs/options.md says how it looks. Inside the room
 * config.
 *
 * Pure on text but for what a section asks about the program's file (its hash, files beside it).
 * Any bytes are a valid input: what cannot be understood is a PROF_BAD line, and reading goes on.
 */
#ifndef CONFIG_PROFILE_H
#define CONFIG_PROFILE_H

#include "config/option.h"
#include "config/sha256.h"

enum prof_kind { PROF_END, PROF_SECTION, PROF_KEY, PROF_BAD };

struct prof_line {
    enum prof_kind kind;
    int line;          /* from 1 */
    struct span name;  /* of the section or key; of a bad line, the line */
    struct span value; /* of the key, trimmed and without its comment; "\#" stands for '#' */
    const char *why;   /* of a bad line */
};

struct prof_reader {
    const char *p, *end;
    int line;
};

void prof_start(struct prof_reader *r, struct span text);
enum prof_kind prof_next(struct prof_reader *r, struct prof_line *out);

/* Copies a value, "\#" made '#'; out holds at least value.n + 1 bytes. Returns the length. */
size_t prof_value_copy(struct span value, char *out);

/*
 * Ranks of what can set an option: the higher wins, of equals the later. A glob with more letters
 * that are not wildcards is the more specific one; a section for this host's CPU only is more
 * specific than its equal for all: both refine the rank below its class.
 */
enum prof_class {
    PROF_NONE,
    PROF_PRESET,
    PROF_GLOBAL,
    PROF_ENGINE,
    PROF_GLOB,
    PROF_EXE,
    PROF_HASH,
    PROF_APPID,
    PROF_APPID_EXE,
    PROF_LIBRARY,
    PROF_ENV,
    PROF_COMMAND
};

#define PROF_RANK(class, letters, arch) ((u32)(class) << 16 | (u32)(letters) << 1 | (u32)(arch))
#define PROF_RANK_CLASS(rank) ((enum prof_class)((rank) >> 16))

struct prof_subject {
    const char *path;    /* of the program, as found */
    const char *appid;   /* Steam's, "" if none */
    const char *arch;    /* this host's CPU */
    const char *library; /* not NULL: look for [/name] sections of this file and no others */
    const char *preset;  /* not NULL: look for this [preset:NAME] and no others */
    char sha256[SHA256_HEX + 1]; /* computed when first asked for */
    bool hashed;
};

/* Is the key one that says when its section holds, and no option? */
bool prof_is_condition(struct span key);

/*
 * Does the section hold, its conditions included? body is the reader just after the section's line.
 * 0, or the rank of its settings.
 */
u32 prof_match(struct span section, const struct prof_reader *body, struct prof_subject *s);

#endif
