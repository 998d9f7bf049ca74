/*
 * config.c - decides every option: defaults, preset, profile files, environment, command line, in
 * this order (see config.h and profile.h). Runs before there is a second thread; only
 * cfg_for_library() may be called later, by any thread.
 */
#define _GNU_SOURCE /* environ */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "config/layer.h"
#include "config/profile.h"

#include "default_rc.h" /* generated from profiles/default.rc: default_rc_text[] */

#define OPT_INT(field, NAME, min, max, def, ...) .field = def,
#define OPT_STR(field, NAME, form, def, ...) .field = def,
#define OPT_ENUM(field, NAME, words, def, ...) .field = def,
#define OPT_SET(field, NAME, words, def, ...) .field = def,
struct cfg cfg = {
#include "config/options.def"
};

const char cfg_host_arch[] = BOX64_ARCH;
const char cfg_version[] = BOX64_VERSION;

struct cfg_slot cfg_slots[CFG_OPT_COUNT];
void (*cfg_warn_hook)(const char *text);

/* Environment and command line, kept for each cfg_resolve() to start from. */
static struct cfg_slot user_slots[CFG_OPT_COUNT];

static struct cfg_file files[CFG_FILES_MAX];
static size_t file_count;
static bool files_loaded;

static void warn(const char *fmt, ...) PRINTF_LIKE(1, 2);

static void warn(const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (cfg_warn_hook)
        cfg_warn_hook(text);
    else
        log_warn("%s", text);
}

/* ---- strings live as long as the process ---------------------------------------------------- */

struct kept {
    struct kept *next;
    char text[];
};

static struct kept *kept_list;
static struct kept *kept_by_init; /* the list as cfg_init() left it */
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;

/* One copy of each text, "\#" made '#'. */
static const char *keep(struct span value)
{
    struct kept *k, *fresh = malloc(sizeof *fresh + value.n + 1);

    if (!fresh)
        die("out of memory for an option's value");
    prof_value_copy(value, fresh->text);
    pthread_mutex_lock(&kept_lock);
    for (k = kept_list; k && strcmp(k->text, fresh->text); k = k->next)
        ;
    if (k) {
        free(fresh);
    } else {
        k = fresh;
        k->next = kept_list;
        kept_list = k;
    }
    pthread_mutex_unlock(&kept_lock);
    return k->text;
}

/* ---- slots ---------------------------------------------------------------------------------- */

static void slots_default(struct cfg_slot *slots)
{
    int o;

    memset(slots, 0, CFG_OPT_COUNT * sizeof *slots);
    for (o = 0; o < CFG_OPT_COUNT; o++) {
        slots[o].num = cfg_options[o].def;
        slots[o].str = cfg_options[o].def_str;
    }
}

/* Sets an option unless something of a higher rank has; what is wrong with the value goes to why.
 */
static const char *slot_set(struct cfg_slot *slots, int o, struct span value, u32 rank, char *why,
                            size_t size)
{
    const char *wrong;
    int num = 0;

    wrong = cfg_value_read(&cfg_options[o], value, &num, why, size);
    if (wrong || rank < slots[o].rank)
        return wrong;
    memset(&slots[o], 0, sizeof slots[o]);
    slots[o].rank = rank;
    slots[o].num = num;
    slots[o].str = cfg_options[o].kind == CFG_STR ? keep(value) : "";
    return NULL;
}

static void slots_to_cfg(const struct cfg_slot *slots, struct cfg *out)
{
    int o;

    for (o = 0; o < CFG_OPT_COUNT; o++) {
        char *field = (char *)out + cfg_options[o].offset;

        if (cfg_options[o].kind == CFG_STR)
            memcpy(field, &slots[o].str, sizeof slots[o].str);
        else
            memcpy(field, &slots[o].num, sizeof slots[o].num);
    }
}

const char *cfg_slot_text(enum cfg_opt o, char *buf, size_t size)
{
    if (cfg_options[o].kind == CFG_STR)
        return cfg_slots[o].str;
    cfg_value_print(&cfg_options[o], cfg_slots[o].num, buf, size);
    return buf;
}

/* A name that other profile files use and that means nothing here; see elsewhere.def. */
static bool known_elsewhere(struct span name)
{
#define ELSEWHERE(NAME) "BOX64_" #NAME,
    static const char *const names[] = {
#include "config/elsewhere.def"
    };

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (span_is_word(name, names[i]))
            return true;
    return false;
}

static void nearest_hint(struct span name, char *buf, size_t size)
{
    int o = cfg_option_nearest(name);

    buf[0] = 0;
    if (o >= 0)
        snprintf(buf, size, "; did you mean BOX64_%s?", cfg_options[o].name);
}

/* ---- profile files -------------------------------------------------------------------------- */

#define FILE_SIZE_MAX (4 << 20)

static char *read_all(int fd, size_t size, size_t *got)
{
    char *text = malloc(size + 1);
    ssize_t n = 0;

    *got = 0;
    if (!text)
        return NULL;
    while (*got < size && (n = read(fd, text + *got, size - *got)) > 0)
        *got += (size_t)n;
    if (n < 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* 0 or -errno. */
static int load_file(const char *name)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct cfg_file *f = &files[file_count];
    struct stat st;
    int err = 0;

    if (fd < 0)
        return -errno;
    memset(f, 0, sizeof *f);
    if (fstat(fd, &st) < 0)
        err = -errno;
    else if (S_ISDIR(st.st_mode))
        err = -EISDIR;
    else if (st.st_size > FILE_SIZE_MAX)
        err = -EFBIG;
    else if (!(f->text.p = read_all(fd, (size_t)st.st_size, &f->text.n)))
        err = errno ? -errno : -EIO;
    close(fd);
    if (err)
        return err;
    f->name = strdup(name);
    if (!f->name)
        die("out of memory for a file name");
    f->report = true;
    file_count++;
    return 0;
}

static void load_standard(const char *name)
{
    int err = load_file(name);

    if (err && err != -ENOENT && err != -ENOTDIR)
        warn("%s: %s; going on without it", name, strerror(-err));
}

/* The built-in file always serves for its presets. */
static void load_files(bool no_files, const char *only)
{
    static char built_in[] = "built-in default.rc";
    const char *home = getenv("HOME");
    char name[4096];
    int err;

    files_loaded = true;
    files[0] = (struct cfg_file){.name = built_in,
                                 .text = {default_rc_text, sizeof default_rc_text - 1},
                                 .presets_only = no_files || only[0]};
    file_count = 1;
    if (no_files)
        return;
    if (only[0]) {
        err = load_file(only);
        if (err)
            warn("%s: %s; going on without profiles", only, strerror(-err));
        return;
    }
    load_standard("/etc/box64.box64rc");
    if (home && (size_t)snprintf(name, sizeof name, "%s/.box64rc", home) < sizeof name)
        load_standard(name);
}

size_t cfg_files(const struct cfg_file **out)
{
    *out = files;
    return file_count;
}

void cfg_use_files(const struct cfg_file *from, size_t n)
{
    /* A fuzz run does this millions of times: let go of what the files before it set. */
    while (kept_list != kept_by_init) {
        struct kept *k = kept_list;

        kept_list = k->next;
        free(k);
    }
    file_count = n < CFG_FILES_MAX ? n : CFG_FILES_MAX;
    memcpy(files, from, file_count * sizeof *from);
    files_loaded = true;
}

/* One key of a file; rank 0: its section does not hold, and the key is only checked. */
static void file_key(const struct cfg_file *f, const struct prof_line *l, struct span section,
                     u32 rank, struct cfg_slot *slots)
{
    char why[256], hint[96];
    const char *wrong;
    int o, ignored;

    if (prof_is_condition(l->name))
        return;
    o = cfg_option_find(l->name);
    if (o < 0) {
        if (!f->report || known_elsewhere(l->name))
            return;
        nearest_hint(l->name, hint, sizeof hint);
        warn("%s:%d: unknown option " SPAN_FMT "%s", f->name, l->line, SPAN_ARG(l->name), hint);
        return;
    }
    if (cfg_options[o].class == CFG_START) {
        if (f->report)
            warn("%s:%d: BOX64_%s says which profiles are read and cannot stand in one", f->name,
                 l->line, cfg_options[o].name);
        return;
    }
    if (!rank)
        wrong = cfg_value_read(&cfg_options[o], l->value, &ignored, why, sizeof why);
    else
        wrong = slot_set(slots, o, l->value, rank, why, sizeof why);
    if (wrong && f->report)
        warn("%s:%d: BOX64_%s=" SPAN_FMT ": %s; ignored", f->name, l->line, cfg_options[o].name,
             SPAN_ARG(l->value), wrong);
    if (rank && !wrong && slots[o].rank == rank) {
        slots[o].file = f->name;
        slots[o].line = l->line;
        slots[o].section = section;
    }
}

/* Returns the highest rank of a section that holds. */
static u32 apply_file(const struct cfg_file *f, struct prof_subject *subject,
                      struct cfg_slot *slots)
{
    struct prof_reader r;
    struct prof_line l;
    struct span section = {"", 0};
    u32 rank = 0, highest = 0;
    enum prof_kind kind;

    prof_start(&r, f->text);
    while ((kind = prof_next(&r, &l)) != PROF_END) {
        if (kind == PROF_SECTION) {
            section = l.name;
            rank = prof_match(section, &r, subject);
            if (f->presets_only && PROF_RANK_CLASS(rank) != PROF_PRESET)
                rank = 0;
            if (rank > highest)
                highest = rank;
        } else if (kind == PROF_BAD) {
            if (f->report)
                warn("%s:%d: %s; ignored", f->name, l.line, l.why);
        } else if (!section.n) {
            if (f->report)
                warn("%s:%d: " SPAN_FMT " stands before the first [section]; ignored", f->name,
                     l.line, SPAN_ARG(l.name));
        } else if (rank || f->report) {
            file_key(f, &l, section, rank, slots);
        }
    }
    return highest;
}

/* Every file in order; complaints only when the whole of it is looked at for the first time. */
static u32 apply_files(struct prof_subject *subject, struct cfg_slot *slots, bool report)
{
    u32 rank, highest = 0;
    size_t i;

    for (i = 0; i < file_count; i++) {
        struct cfg_file f = files[i];

        f.report = f.report && report;
        rank = apply_file(&f, subject, slots);
        highest = rank > highest ? rank : highest;
    }
    return highest;
}

/* ---- environment and command line ----------------------------------------------------------- */

static void read_environment(struct cfg_slot *slots)
{
    static const char prefix[] = "BOX64_";
    char why[256], hint[96];
    char **e;
    int o;

    for (e = environ; e && *e; e++) {
        const char *eq = strchr(*e, '=');
        struct span name = {*e, eq ? (size_t)(eq - *e) : 0};
        const char *wrong;

        if (!eq || strncmp(*e, prefix, sizeof prefix - 1))
            continue;
        o = cfg_option_find(name);
        if (o < 0) {
            /* Other programs have such variables too: complain only about a likely slip. */
            nearest_hint(name, hint, sizeof hint);
            if (hint[0])
                warn("environment: unknown option " SPAN_FMT "%s", SPAN_ARG(name), hint);
            continue;
        }
        if (!eq[1] && cfg_options[o].kind != CFG_STR)
            continue;
        wrong = slot_set(slots, o, span_trim(span_of(eq + 1)), PROF_RANK(PROF_ENV, 0, 0), why,
                         sizeof why);
        if (wrong)
            warn("environment: BOX64_%s=%s: %s; ignored", cfg_options[o].name, eq + 1, wrong);
    }
}

static void usage_error(const char *arg, const char *fmt, const char *detail)
{
    char text[384];

    snprintf(text, sizeof text, fmt, detail);
    log_error("%s: %s (box64 --help lists the options)", arg, text);
}

/* "--name" or "--name=value"; false if it is no good, and said so. */
static bool command_option(const char *arg, struct cfg_slot *slots)
{
    const char *eq = strchr(arg, '=');
    struct span name = {arg + 2, eq ? (size_t)(eq - arg - 2) : strlen(arg + 2)};
    char why[256], hint[96];
    const char *wrong;
    int o = cfg_option_find(name);

    if (o < 0) {
        nearest_hint(name, hint, sizeof hint);
        usage_error(arg, "unknown option%s", hint);
        return false;
    }
    if (!eq &&
        !(cfg_options[o].kind == CFG_INT && !cfg_options[o].min && cfg_options[o].max == 1)) {
        usage_error(arg, "needs a value: =%s",
                    cfg_options[o].words[0] ? cfg_options[o].words : "N");
        return false;
    }
    wrong = slot_set(slots, o, span_of(eq ? eq + 1 : "1"), PROF_RANK(PROF_COMMAND, 0, 0), why,
                     sizeof why);
    if (wrong)
        usage_error(arg, "%s", wrong);
    return !wrong;
}

enum action_kind { ACT_NONE, ACT_HELP, ACT_VERSION, ACT_LIST, ACT_LIST_JSON, ACT_EXPLAIN };

static enum action_kind action_of(const char *arg)
{
    static const struct {
        const char *name;
        enum action_kind kind;
    } actions[] = {
        {"--help", ACT_HELP},         {"-h", ACT_HELP},
        {"--version", ACT_VERSION},   {"-v", ACT_VERSION},
        {"--list-options", ACT_LIST}, {"--list-options=json", ACT_LIST_JSON},
        {"--explain", ACT_EXPLAIN},
    };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(actions); i++) {
        if (!strcmp(arg, actions[i].name))
            return actions[i].kind;
    }
    return ACT_NONE;
}

static enum cfg_action do_action(enum action_kind kind, const char *program)
{
    if (kind == ACT_EXPLAIN && !program) {
        usage_error("--explain", "needs a program%s", "");
        return CFG_USAGE;
    }
    if (kind == ACT_HELP)
        cfg_help(stdout);
    else if (kind == ACT_VERSION)
        printf("box64 %s for %s\n", cfg_version, cfg_host_arch);
    else if (kind == ACT_EXPLAIN)
        cfg_explain(stdout, program);
    else
        cfg_list_options(stdout, kind == ACT_LIST_JSON);
    if (fflush(stdout)) {
        log_error("cannot write: %s", strerror(errno));
        return CFG_USAGE;
    }
    return CFG_DONE;
}

/* Sets what the base room keeps for itself. */
static void use_levels(void)
{
    log_level = cfg.log;
    trace_mask = cfg.trace | (cfg.strace ? TRACE_SYS : 0u);
}

enum cfg_action cfg_init(int *argc, char ***argv)
{
    enum action_kind action = ACT_NONE;
    char **v = *argv;
    int i, k;

    slots_default(user_slots);
    read_environment(user_slots);
    for (i = 1; i < *argc && v[i][0] == '-' && v[i][1] && action == ACT_NONE; i++) {
        if (!strcmp(v[i], "--")) {
            i++;
            break;
        }
        action = action_of(v[i]);
        if (action != ACT_NONE)
            continue;
        if (v[i][1] != '-') {
            usage_error(v[i], "unknown option%s", "");
            return CFG_USAGE;
        }
        if (!command_option(v[i], user_slots))
            return CFG_USAGE;
    }
    kept_by_init = kept_list;
    memcpy(cfg_slots, user_slots, sizeof cfg_slots);
    slots_to_cfg(cfg_slots, &cfg);
    use_levels();
    if (action != ACT_NONE)
        return do_action(action, i < *argc ? v[i] : NULL);
    if (i >= *argc) {
        log_error("no program to run (box64 --help lists the options)");
        return CFG_USAGE;
    }
    for (k = 1; i < *argc; i++)
        v[k++] = v[i];
    v[k] = NULL;
    *argc = k;
    return CFG_RUN;
}

/* ---- the program's profile ------------------------------------------------------------------ */

/* Steam names the title in the environment of what it starts. */
static const char *steam_appid(void)
{
    static const char *const names[] = {"SteamAppId", "STEAM_COMPAT_APP_ID", "SteamGameId"};
    const char *id;
    size_t i;

    for (i = 0; i < ARRAY_SIZE(names); i++) {
        id = getenv(names[i]);
        if (id && id[0] && strcmp(id, "0"))
            return id;
    }
    return "";
}

static void apply_preset(struct prof_subject *subject, struct cfg_slot *slots)
{
    const char *name = slots[CFG_OPT_profile].str;
    u32 rank;

    if (!name[0] || !strcmp(name, "default"))
        return;
    subject->preset = name;
    rank = apply_files(subject, slots, false);
    subject->preset = NULL;
    if (!rank)
        warn("BOX64_PROFILE=%s: no such preset; going on with the defaults", name);
}

static void expand_pid(const char *pattern, char *out, size_t size)
{
    const char *pid = strstr(pattern, "%pid");

    if (pid)
        snprintf(out, size, "%.*s%ld%s", (int)(pid - pattern), pattern, (long)getpid(), pid + 4);
    else
        snprintf(out, size, "%s", pattern);
}

/* Above what guests use: many close or reuse the low numbers. */
#define TRACE_FD_MIN 960

static int open_trace(void)
{
    char name[4096];
    int fd, high;

    if (trace_fd > 2)
        close(trace_fd);
    trace_fd = !strcmp(cfg.trace_file, "stdout") ? 1 : 2;
    if (trace_fd == 1 || !cfg.trace_file[0] || !strcmp(cfg.trace_file, "stderr") ||
        !(trace_mask || cfg.stats || cfg.dynarec_dump[0] || cfg.dynarec_test))
        return 0;
    expand_pid(cfg.trace_file, name, sizeof name);
    fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0) {
        int err = -errno;

        warn("BOX64_TRACE_FILE=%s: %s; tracing to stderr", name, strerror(-err));
        return err;
    }
    high = fcntl(fd, F_DUPFD_CLOEXEC, TRACE_FD_MIN);
    if (high >= 0)
        close(fd);
    trace_fd = high >= 0 ? high : fd;
    return 0;
}

int cfg_resolve(const char *program_path)
{
    struct prof_subject subject = {
        .path = program_path, .appid = steam_appid(), .arch = cfg_host_arch};
    const char *only;

    if (!user_slots[0].str)
        slots_default(user_slots);
    memcpy(cfg_slots, user_slots, sizeof cfg_slots);
    only = cfg_slots[CFG_OPT_rcfile].str;
    if (!files_loaded)
        load_files(cfg_slots[CFG_OPT_norcfiles].num, only);
    apply_files(&subject, cfg_slots, true);
    apply_preset(&subject, cfg_slots);
    slots_to_cfg(cfg_slots, &cfg);
    use_levels();
    return open_trace();
}

bool cfg_for_library(const char *path, struct cfg *out)
{
    struct prof_subject subject = {
        .path = path, .appid = "", .arch = cfg_host_arch, .library = path};
    struct cfg_slot slots[CFG_OPT_COUNT];

    memcpy(slots, cfg_slots, sizeof slots);
    if (!slots[0].str)
        slots_default(slots);
    if (!apply_files(&subject, slots, false)) {
        *out = cfg;
        return false;
    }
    slots_to_cfg(slots, out);
    return true;
}

/* ---- lists ---------------------------------------------------------------------------------- */

const char *cfg_list_next(const char **at, size_t *len)
{
    const char *start = *at + strspn(*at, ":, \t");

    *len = strcspn(start, ":, \t");
    *at = start + *len;
    return *len ? start : NULL;
}

bool cfg_list_has(const char *list, const char *item)
{
    size_t n;
    const char *one;

    while ((one = cfg_list_next(&list, &n))) {
        if (strlen(item) == n && !memcmp(one, item, n))
            return true;
    }
    return false;
}
