/*
 * option.c - the table behind options.def: finding an option by its name, reading and printing
 * values. Pure functions on text; called by config.c, help.c and the profile reader.
 */
#include "config/option.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/config.h"

/* clang-format off */
#define AT(field) .offset = offsetof(struct cfg, field)
#define OPT_INT(field, NAME, lo, hi, dflt, cls, st, doc)                                           \
    {.name = #NAME, .name_len = sizeof #NAME - 1, .kind = CFG_INT, .min = lo, .max = hi,           \
     .def = dflt, .def_str = "", .words = "", .class = CFG_##cls, .state = CFG_##st, .text = doc,  \
     AT(field)},
#define OPT_STR(field, NAME, form, dflt, cls, st, doc)                                             \
    {.name = #NAME, .name_len = sizeof #NAME - 1, .kind = CFG_STR, .def_str = dflt, .words = form, \
     .class = CFG_##cls, .state = CFG_##st, .text = doc, AT(field)},
#define OPT_ENUM(field, NAME, list, dflt, cls, st, doc)                                            \
    {.name = #NAME, .name_len = sizeof #NAME - 1, .kind = CFG_ENUM, .def = dflt, .def_str = "",    \
     .words = list, .class = CFG_##cls, .state = CFG_##st, .text = doc, AT(field)},
#define OPT_SET(field, NAME, list, dflt, cls, st, doc)                                             \
    {.name = #NAME, .name_len = sizeof #NAME - 1, .kind = CFG_SET, .def = dflt, .def_str = "",     \
     .words = list, .class = CFG_##cls, .state = CFG_##st, .text = doc, AT(field)},

const struct cfg_option cfg_options[CFG_OPT_COUNT] = {
#include "config/options.def"
};
/* clang-format on */

const char *const cfg_class_names[CFG_CLASSES] = {
    [CFG_SPEED] = "speed", [CFG_SAFETY] = "safety", [CFG_DEBUG] = "debug",
    [CFG_SETUP] = "setup", [CFG_START] = "start",
};

struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

struct span span_trim(struct span s)
{
    while (s.n && is_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool span_is(struct span s, const char *text)
{
    return s.n == strlen(text) && !memcmp(s.p, text, s.n);
}

bool span_is_word(struct span s, const char *word)
{
    return s.n == strlen(word) && !strncasecmp(s.p, word, s.n);
}

/* A character of an option's name in its one spelling; ASCII only, whatever the locale. */
static char canonical(char c)
{
    if (c >= 'a' && c <= 'z')
        return (char)(c - 'a' + 'A');
    return c == '-' ? '_' : c;
}

static struct span without_prefix(struct span name)
{
    static const char prefix[] = "BOX64_";
    size_t i;

    for (i = 0; prefix[i]; i++) {
        if (i >= name.n || canonical(name.p[i]) != prefix[i])
            return name;
    }
    return (struct span){name.p + i, name.n - i};
}

int cfg_option_find(struct span name)
{
    int o;
    size_t i;

    name = without_prefix(name);
    for (o = 0; o < CFG_OPT_COUNT; o++) {
        if (cfg_options[o].name_len != name.n)
            continue;
        for (i = 0; i < name.n && canonical(name.p[i]) == cfg_options[o].name[i]; i++)
            ;
        if (i == name.n)
            return o;
    }
    return -1;
}

#define NAME_MAX_LEN 40

/* n characters in their one spelling; NAME_MAX_LEN at most. */
static void canonical_name(struct span s, char *out)
{
    size_t i;

    for (i = 0; i < s.n; i++)
        out[i] = canonical(s.p[i]);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/*
 * Optimal string alignment over three rows; a and b in their one spelling, not longer than
 * NAME_MAX_LEN. Only cells within limit of the diagonal can count, and a row and the one above with
 * nothing in reach end it: a profile full of foreign names is compared with every option.
 */
static unsigned distance(struct span a, struct span b, unsigned limit)
{
    unsigned row[3][NAME_MAX_LEN + 2], far = limit + 1, least_above = 0;
    unsigned *before = row[0], *above = row[1], *now = row[2], *spare;
    size_t i, j;

    for (j = 0; j <= b.n; j++)
        above[j] = (unsigned)j;
    for (i = 1; i <= a.n; i++) {
        size_t lo = i > limit ? i - limit : 1, hi = i + limit < b.n ? i + limit : b.n;
        unsigned least_now = lo == 1 ? (unsigned)i : far;

        now[lo - 1] = least_now;
        for (j = lo; j <= hi; j++) {
            bool same = a.p[i - 1] == b.p[j - 1];
            unsigned best = least(above[j - 1] + !same, least(above[j], now[j - 1]) + 1);

            if (!same && i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                best = least(best, before[j - 2] + 1);
            now[j] = best;
            least_now = least(least_now, best);
        }
        now[hi + 1] = far;
        if (least_now >= far && least_above >= far)
            return far;
        least_above = least_now;
        spare = before;
        before = above;
        above = now;
        now = spare;
    }
    return least(above[b.n], far);
}

static bool too_long(struct span a, struct span b, unsigned limit)
{
    return a.n > b.n + limit || b.n > a.n + limit;
}

/* Names longer than any option are far from all. */
unsigned cfg_distance(struct span a, struct span b, unsigned limit)
{
    char ca[NAME_MAX_LEN], cb[NAME_MAX_LEN];

    if (a.n > NAME_MAX_LEN || b.n > NAME_MAX_LEN || too_long(a, b, limit))
        return limit + 1;
    canonical_name(a, ca);
    canonical_name(b, cb);
    return distance((struct span){ca, a.n}, (struct span){cb, b.n}, limit);
}

/* The set of characters, some taken for the same: letters of one name that the other lacks are
 * changes, each of them. */
static u32 letters_of(struct span s)
{
    u32 set = 0;
    size_t i;

    for (i = 0; i < s.n; i++)
        set |= 1u << (s.p[i] & 31);
    return set;
}

static const u32 *option_letters(void)
{
    static u32 sets[CFG_OPT_COUNT];
    int o;

    for (o = 0; !sets[0] && o < CFG_OPT_COUNT; o++) {
        int last = CFG_OPT_COUNT - 1 - o; /* the first comes last: it says that all are there */

        sets[last] = letters_of((struct span){cfg_options[last].name, cfg_options[last].name_len});
    }
    return sets;
}

static bool letters_far(u32 a, u32 b, unsigned limit)
{
    return (unsigned)__builtin_popcount(a & ~b) > limit ||
           (unsigned)__builtin_popcount(b & ~a) > limit;
}

/* Only while there is one thread (a table is made at the first call). */
int cfg_option_nearest(struct span name)
{
    const u32 *sets = option_letters();
    char text[NAME_MAX_LEN];
    unsigned limit, d;
    int o, best = -1;
    u32 letters;

    name = without_prefix(name);
    if (name.n > NAME_MAX_LEN)
        return -1;
    canonical_name(name, text);
    name.p = text;
    letters = letters_of(name);
    /* A third of the name may be wrong; one letter always. */
    limit = name.n < 6 ? 1 : (unsigned)(name.n / 3);
    for (o = 0; o < CFG_OPT_COUNT; o++) {
        struct span option = {cfg_options[o].name, cfg_options[o].name_len};

        if (too_long(name, option, limit) || letters_far(letters, sets[o], limit))
            continue;
        d = distance(name, option, limit);
        if (d <= limit) {
            best = o;
            if (!d)
                break;
            limit = d - 1;
        }
    }
    return best;
}

/* Place of a word in "a|b|c", -1 if it is not there. */
static int word_place(const char *words, struct span word)
{
    int place;

    for (place = 0; *words; place++) {
        size_t n = strcspn(words, "|");

        if (n == word.n && !strncasecmp(words, word.p, n))
            return place;
        words += n + (words[n] == '|');
    }
    return -1;
}

static int word_count(const char *words)
{
    int n = *words != 0;

    for (; *words; words++)
        n += *words == '|';
    return n;
}

/* The word in a place of "a|b|c". */
static struct span word_at(const char *words, int place)
{
    while (place-- > 0)
        words += strcspn(words, "|") + 1;
    return (struct span){words, strcspn(words, "|")};
}

static bool read_number(struct span text, long *out)
{
    char copy[32];
    char *end;

    if (!text.n || text.n >= sizeof copy || is_blank(text.p[0]))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    if (strlen(copy) != text.n)
        return false;
    *out = strtol(copy, &end, copy[0] == '0' && (copy[1] | 0x20) == 'x' ? 16 : 10);
    return !*end && *out >= INT_MIN && *out <= INT_MAX;
}

static const char *read_int(const struct cfg_option *o, struct span text, int *num, char *why,
                            size_t size)
{
    static const char *const yes[] = {"yes", "true", "on"}, *const no[] = {"no", "false", "off"};
    long v;
    size_t i;

    if (o->min == 0 && o->max == 1) {
        for (i = 0; i < ARRAY_SIZE(yes); i++) {
            if (span_is_word(text, yes[i]) || span_is_word(text, no[i])) {
                *num = span_is_word(text, yes[i]);
                return NULL;
            }
        }
    }
    if (read_number(text, &v) && v >= o->min && v <= o->max) {
        *num = (int)v;
        return NULL;
    }
    snprintf(why, size, "not a number from %d to %d", o->min, o->max);
    return why;
}

static const char *read_enum(const struct cfg_option *o, struct span text, int *num, char *why,
                             size_t size)
{
    int place = word_place(o->words, text);
    long v;

    if (place < 0 && read_number(text, &v) && v >= 0 && v < word_count(o->words))
        place = (int)v;
    if (place >= 0) {
        *num = place;
        return NULL;
    }
    snprintf(why, size, "not one of %s", o->words);
    return why;
}

/* Words separated by commas, colons or blanks; also all, none, 0, and 1 for the first word. */
static const char *read_set(const struct cfg_option *o, struct span text, int *num, char *why,
                            size_t size)
{
    int bits = 0, place;

    while (text.n) {
        struct span word = {text.p, 0};

        while (word.n < text.n && !strchr(",:| \t", text.p[word.n]))
            word.n++;
        text.p += word.n + (word.n < text.n);
        text.n -= word.n + (word.n < text.n);
        if (!word.n || span_is(word, "0") || span_is_word(word, "none"))
            continue;
        if (span_is_word(word, "all")) {
            bits = (1 << word_count(o->words)) - 1;
            continue;
        }
        place = span_is(word, "1") ? 0 : word_place(o->words, word);
        if (place < 0) {
            snprintf(why, size, "\"" SPAN_FMT "\" is not one of %s", SPAN_ARG(word), o->words);
            return why;
        }
        bits |= 1 << place;
    }
    *num = bits;
    return NULL;
}

/* A form that says alternatives, "1|ADDRESS|hot", is held to them; ADDRESS is in hexadecimal. */
static const char *read_form(const struct cfg_option *o, struct span text, char *why, size_t size)
{
    const bool address = word_place(o->words, span_of("ADDRESS")) >= 0;
    char copy[19];
    size_t digits;

    if (!strchr(o->words, '|') || !text.n)
        return NULL;
    for (int i = 0; i < word_count(o->words); i++) {
        struct span word = word_at(o->words, i);

        if (word.n == text.n && !memcmp(word.p, text.p, word.n) && !span_is(word, "ADDRESS"))
            return NULL;
    }
    snprintf(copy, sizeof copy, SPAN_FMT, SPAN_ARG(text));
    digits = strspn(copy, "0123456789abcdefABCDEF");
    if (!strncmp(copy, "0x", 2))
        digits = strlen(copy) > 2 ? 2 + strspn(copy + 2, "0123456789abcdefABCDEF") : 0;
    if (address && digits == text.n)
        return NULL;
    snprintf(why, size, "not one of %s", o->words);
    return why;
}

const char *cfg_value_read(const struct cfg_option *o, struct span text, int *num, char *why,
                           size_t why_size)
{
    switch (o->kind) {
    case CFG_INT: return read_int(o, text, num, why, why_size);
    case CFG_ENUM: return read_enum(o, text, num, why, why_size);
    case CFG_SET: return read_set(o, text, num, why, why_size);
    case CFG_STR: return read_form(o, text, why, why_size);
    }
    return NULL;
}

void cfg_value_print(const struct cfg_option *o, int num, char *buf, size_t size)
{
    size_t at = 0;
    int i;

    if (!size)
        return;
    buf[0] = 0;
    if (o->kind == CFG_ENUM) {
        snprintf(buf, size, SPAN_FMT, SPAN_ARG(word_at(o->words, num)));
    } else if (o->kind == CFG_SET) {
        for (i = 0; i < word_count(o->words) && at < size; i++) {
            if (num >> i & 1)
                at += (size_t)snprintf(buf + at, size - at, "%s" SPAN_FMT, at ? "," : "",
                                       SPAN_ARG(word_at(o->words, i)));
        }
        if (!at)
            snprintf(buf, size, "none");
    } else {
        snprintf(buf, size, "%d", num);
    }
}
