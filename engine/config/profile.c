/*
 * profile.c - reads profile files line by line and matches sections (see profile.h). Called by
 * config.c, and by the fuzz target.
 */
#define _GNU_SOURCE /* FNM_CASEFOLD */
#include "config/profile.h"

#include <dirent.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "config/config.h"

void prof_start(struct prof_reader *r, struct span text)
{
    static const char bom[] = "\xef\xbb\xbf";

    if (text.n >= 3 && !memcmp(text.p, bom, 3)) {
        text.p += 3;
        text.n -= 3;
    }
    r->p = text.p;
    r->end = text.p + text.n;
    r->line = 0;
}

static struct span next_line(struct prof_reader *r)
{
    size_t left = (size_t)(r->end - r->p);
    const char *nl = memchr(r->p, '\n', left);
    struct span line = {r->p, nl ? (size_t)(nl - r->p) : left};

    r->p += line.n + (nl != NULL);
    r->line++;
    return line;
}

/* Cuts at the first '#' that no backslash stands before. */
static struct span without_comment(struct span s)
{
    size_t i;

    for (i = 0; i < s.n; i++) {
        if (s.p[i] == '#' && (!i || s.p[i - 1] != '\\')) {
            s.n = i;
            break;
        }
    }
    return span_trim(s);
}

/* "[name]", then nothing or a comment. The name may hold brackets and '#': files do. */
static void section_line(struct span line, struct prof_line *out)
{
    size_t i;

    for (i = 1; i < line.n; i++) {
        struct span rest = span_trim((struct span){line.p + i + 1, line.n - i - 1});

        if (line.p[i] != ']' || (rest.n && rest.p[0] != '#'))
            continue;
        out->name = span_trim((struct span){line.p + 1, i - 1});
        if (out->name.n) {
            out->kind = PROF_SECTION;
            return;
        }
        out->why = "a section without a name";
        return;
    }
    out->why = "a section name that no ']' ends";
}

static void key_line(struct span line, struct prof_line *out)
{
    const char *eq = memchr(line.p, '=', line.n);

    if (!eq) {
        out->why = "neither [section] nor NAME=value";
        return;
    }
    out->name = span_trim((struct span){line.p, (size_t)(eq - line.p)});
    out->value = span_trim((struct span){eq + 1, (size_t)(line.p + line.n - eq - 1)});
    if (!out->name.n) {
        out->why = "a value without a name";
        return;
    }
    out->kind = PROF_KEY;
}

enum prof_kind prof_next(struct prof_reader *r, struct prof_line *out)
{
    while (r->p < r->end) {
        struct span whole = span_trim(next_line(r));
        struct span line = without_comment(whole);

        if (!line.n || line.p[0] == ';')
            continue;
        memset(out, 0, sizeof *out);
        out->kind = PROF_BAD;
        out->line = r->line;
        out->name = out->value = line;
        if (memchr(line.p, 0, line.n))
            out->why = "a line with a zero byte";
        else if (line.p[0] == '[')
            section_line(whole, out);
        else
            key_line(line, out);
        return out->kind;
    }
    memset(out, 0, sizeof *out);
    out->line = r->line;
    return PROF_END;
}

size_t prof_value_copy(struct span value, char *out)
{
    size_t i, n = 0;

    for (i = 0; i < value.n; i++) {
        if (value.p[i] == '\\' && i + 1 < value.n && value.p[i + 1] == '#')
            continue;
        out[n++] = value.p[i];
    }
    out[n] = 0;
    return n;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

#define PATTERN_MAX 1024

static bool glob_matches(struct span pattern, const char *text)
{
    char copy[PATTERN_MAX];

    if (pattern.n >= sizeof copy)
        return false;
    memcpy(copy, pattern.p, pattern.n);
    copy[pattern.n] = 0;
    return !fnmatch(copy, text, FNM_CASEFOLD | FNM_NOESCAPE);
}

static bool has_wildcard(struct span s)
{
    return memchr(s.p, '*', s.n) || memchr(s.p, '?', s.n);
}

static bool has_slash(struct span s)
{
    return memchr(s.p, '/', s.n) != NULL;
}

static u32 literal_letters(struct span s)
{
    u32 n = 0;
    size_t i;

    for (i = 0; i < s.n; i++)
        n += s.p[i] != '*' && s.p[i] != '?';
    return n < 0x7fff ? n : 0x7fff;
}

/* A name is the program's last path part; with slashes in it, the last parts. */
static bool names_program(struct span name, const char *path)
{
    size_t n = strlen(path);

    if (!has_slash(name))
        return span_is_word(name, base_name(path));
    if (name.n > n || strncasecmp(name.p, path + n - name.n, name.n))
        return false;
    return name.n == n || path[n - name.n - 1] == '/' || name.p[0] == '/';
}

static bool hash_matches(struct span hex, struct prof_subject *s)
{
    /* Fewer digits would match by chance. */
    if (hex.n < 8 || hex.n > SHA256_HEX)
        return false;
    if (!s->hashed) {
        s->hashed = true;
        if (sha256_file(s->path, s->sha256))
            s->sha256[0] = 0;
    }
    return s->sha256[0] && !strncasecmp(hex.p, s->sha256, hex.n);
}

/* "1091500" or "1091500/Game.exe" */
static enum prof_class appid_matches(struct span id, const struct prof_subject *s)
{
    const char *slash = memchr(id.p, '/', id.n);
    struct span number = {id.p, slash ? (size_t)(slash - id.p) : id.n};
    struct span exe = {id.p + number.n + 1, slash ? id.n - number.n - 1 : 0};

    if (!s->appid[0] || !span_is(number, s->appid))
        return PROF_NONE;
    if (!slash)
        return PROF_APPID;
    return names_program(exe, s->path) ? PROF_APPID_EXE : PROF_NONE;
}

/* If s begins with the word, cuts it off. */
static bool take_prefix(struct span *s, const char *word)
{
    size_t n = strlen(word);

    if (s->n < n || strncasecmp(s->p, word, n))
        return false;
    s->p += n;
    s->n -= n;
    return true;
}

static enum prof_class match_name(struct span name, struct prof_subject *s)
{
    if (take_prefix(&name, "preset:"))
        return s->preset && span_is_word(name, s->preset) ? PROF_PRESET : PROF_NONE;
    if (name.p[0] == '/') {
        name.p++;
        name.n--;
        return s->library && glob_matches(name, base_name(s->library)) ? PROF_LIBRARY : PROF_NONE;
    }
    if (s->library || s->preset)
        return PROF_NONE;
    if (take_prefix(&name, "sha256:"))
        return hash_matches(name, s) ? PROF_HASH : PROF_NONE;
    if (take_prefix(&name, "appid:"))
        return appid_matches(name, s);
    if (take_prefix(&name, "engine:"))
        return PROF_ENGINE; /* its WHEN_FILE decides */
    if (span_is(name, "*"))
        return PROF_GLOBAL;
    if (!has_wildcard(name))
        return names_program(name, s->path) ? PROF_EXE : PROF_NONE;
    return glob_matches(name, has_slash(name) ? s->path : base_name(s->path)) ? PROF_GLOB
                                                                              : PROF_NONE;
}

/* Names that profiles and CMake use for one CPU. */
static bool arch_is(struct span name, const char *arch)
{
    static const char *const same[][4] = {
        {"aarch64", "arm64"},
        {"riscv64", "rv64"},
        {"loongarch64", "la64", "loong64"},
        {"x86_64", "amd64"},
    };
    size_t i, j;

    if (span_is_word(name, arch))
        return true;
    for (i = 0; i < ARRAY_SIZE(same); i++) {
        for (j = 1; j < ARRAY_SIZE(same[i]) && same[i][j]; j++) {
            if (span_is_word(name, same[i][j]))
                return !strcmp(same[i][0], arch);
        }
    }
    return false;
}

/* A file beside the program: its name, or with wildcards in its last part. */
static bool exists_beside(struct span pattern, const char *program)
{
    char path[PATH_MAX];
    size_t dir = (size_t)(base_name(program) - program);
    struct dirent *e;
    bool found = false;
    char *last;
    DIR *d;

    if (dir + pattern.n + 2 > sizeof path)
        return false;
    memcpy(path, program, dir);
    memcpy(path + dir, pattern.p, pattern.n);
    path[dir + pattern.n] = 0;
    if (!has_wildcard(pattern))
        return !access(path, F_OK);
    last = strrchr(path, '/');
    if (last)
        *last++ = 0;
    d = opendir(!last ? "." : path[0] ? path : "/");
    if (!d)
        return false;
    while (!found && (e = readdir(d)))
        found = glob_matches(span_of(last ? last : path), e->d_name);
    closedir(d);
    return found;
}

static bool any_beside(struct span list, const char *program)
{
    while (list.n) {
        const char *colon = memchr(list.p, ':', list.n);
        struct span one = {list.p, colon ? (size_t)(colon - list.p) : list.n};

        if (one.n && exists_beside(span_trim(one), program))
            return true;
        list.p += one.n + (colon != NULL);
        list.n -= one.n + (colon != NULL);
    }
    return false;
}

enum condition { COND_NONE, COND_ARCH, COND_WHEN_FILE };

static enum condition condition_of(struct span key)
{
    take_prefix(&key, "BOX64_");
    if (span_is_word(key, "ARCH"))
        return COND_ARCH;
    return span_is_word(key, "WHEN_FILE") ? COND_WHEN_FILE : COND_NONE;
}

bool prof_is_condition(struct span key)
{
    return condition_of(key) != COND_NONE;
}

u32 prof_match(struct span section, const struct prof_reader *body, struct prof_subject *s)
{
    enum prof_class class = match_name(section, s);
    struct prof_reader r = *body;
    struct prof_line line;
    enum prof_kind kind;
    bool for_arch = false, file_asked = false;

    if (class == PROF_NONE)
        return 0;
    while ((kind = prof_next(&r, &line)) != PROF_END && kind != PROF_SECTION) {
        enum condition c = kind == PROF_KEY ? condition_of(line.name) : COND_NONE;

        if (c == COND_ARCH) {
            if (!arch_is(line.value, s->arch))
                return 0;
            for_arch = true;
        } else if (c == COND_WHEN_FILE) {
            if (!any_beside(line.value, s->path))
                return 0;
            file_asked = true;
        }
    }
    if (class == PROF_ENGINE && !file_asked)
        return 0;
    return PROF_RANK(class, class == PROF_GLOB ? literal_letters(section) : 0, for_arch);
}
