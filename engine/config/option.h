/*
 * option.h - options.def as a table, and values as text. Inside the room config; tests use it too.
 */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include "base/types.h"

enum cfg_opt {
#define OPT_INT(field, ...) CFG_OPT_##field,
#define OPT_STR(field, ...) CFG_OPT_##field,
#define OPT_ENUM(field, ...) CFG_OPT_##field,
#define OPT_SET(field, ...) CFG_OPT_##field,
#include "config/options.def"
    CFG_OPT_COUNT
};

enum cfg_kind { CFG_INT, CFG_STR, CFG_ENUM, CFG_SET };
enum cfg_class { CFG_SPEED, CFG_SAFETY, CFG_DEBUG, CFG_SETUP, CFG_START, CFG_CLASSES };
enum cfg_state { CFG_LIVE, CFG_LATER };

struct cfg_option {
    const char *name; /* without BOX64_; capitals, digits and '_' */
    u16 name_len;
    enum cfg_kind kind;
    int min, max;
    int def;
    const char *def_str;
    const char *words; /* ENUM, SET: "a|b|c"; STR: what the value is, for people */
    enum cfg_class class;
    enum cfg_state state;
    const char *text;
    u16 offset; /* of its field in struct cfg */
};

extern const struct cfg_option cfg_options[CFG_OPT_COUNT];
extern const char *const cfg_class_names[CFG_CLASSES];

/* A piece of text that is not ended by a NUL. */
struct span {
    const char *p;
    size_t n;
};

#define SPAN_FMT "%.*s"
#define SPAN_ARG(s) (int)(s).n, (s).p

struct span span_of(const char *text);
struct span span_trim(struct span s);
bool span_is(struct span s, const char *text);
/* Without regard to case. */
bool span_is_word(struct span s, const char *word);

/*
 * An option by its name, with or without BOX64_, in any case, '-' as good as '_'; -1 if none.
 */
int cfg_option_find(struct span name);

/* The option whose name is nearest; -1 if none is near enough to be a likely slip. */
int cfg_option_nearest(struct span name);

/* Changes that turn a into b (insert, delete, replace, swap), at most limit + 1. */
unsigned cfg_distance(struct span a, struct span b, unsigned limit);

/*
 * Reads the value of a number, word or set of words into *num. Strings are not read: any text will
 * do. Returns NULL, or what is wrong with it, in why.
 */
const char *cfg_value_read(const struct cfg_option *o, struct span text, int *num, char *why,
                           size_t why_size);

/* The value as a user would write it, into buf. */
void cfg_value_print(const struct cfg_option *o, int num, char *buf, size_t size);

#endif
