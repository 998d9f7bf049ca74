/*
 * test_config.c - options: values, names, profile lines, which sections hold, who beats whom, and
 * what is complained about. Files are texts given by cfg_use_files(); nothing of the machine is
 * read but in the tests that say so.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"
#include "config/layer.h"
#include "harness.h"

static char warnings[8192];
static unsigned warning_count;

static void take_warning(const char *text)
{
    size_t n = strlen(warnings);

    snprintf(warnings + n, sizeof warnings - n, "%s\n", text);
    warning_count++;
}

static bool warned(const char *part)
{
    return strstr(warnings, part) != NULL;
}

static void no_warnings(void)
{
    warnings[0] = 0;
    warning_count = 0;
}

static void clean_environment(void)
{
    clearenv();
    no_warnings();
}

/* cfg_init with the words of a command line; a program is there unless the words end it. */
static enum cfg_action init_with(const char *words)
{
    static char line[1024];
    static char *argv[32];
    char **v = argv;
    int argc = 0;
    char *word;

    snprintf(line, sizeof line, "box64 %s", words);
    for (word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return cfg_init(&argc, &v);
}

/* The program's options with up to three profile files, after init_with(). */
static void resolve(const char *program, const char *a, const char *b, const char *c)
{
    static char name_a[] = "a.rc", name_b[] = "b.rc", name_c[] = "c.rc";
    const struct cfg_file files[] = {
        {.name = name_a, .text = span_of(a), .report = true},
        {.name = name_b, .text = span_of(b ? b : ""), .report = true},
        {.name = name_c, .text = span_of(c ? c : ""), .report = true},
    };

    cfg_use_files(files, ARRAY_SIZE(files));
    cfg_resolve(program);
}

static void resolve_one(const char *program, const char *text)
{
    resolve(program, text, NULL, NULL);
}

static int num_of(enum cfg_opt o, const char *text)
{
    char why[256];
    int num = -12345;

    return cfg_value_read(&cfg_options[o], span_of(text), &num, why, sizeof why) ? -99999 : num;
}

#define BAD_VALUE (-99999)

static void test_values(void)
{
    char buf[64];

    CHECK_EQ(num_of(CFG_OPT_log, "0"), 0);
    CHECK_EQ(num_of(CFG_OPT_log, "3"), 3);
    CHECK_EQ(num_of(CFG_OPT_log, "0x2"), 2);
    CHECK_EQ(num_of(CFG_OPT_log, "4"), BAD_VALUE);
    CHECK_EQ(num_of(CFG_OPT_log, "-1"), BAD_VALUE);
    CHECK_EQ(num_of(CFG_OPT_log, ""), BAD_VALUE);
    CHECK_EQ(num_of(CFG_OPT_log, "1x"), BAD_VALUE);
    CHECK_EQ(num_of(CFG_OPT_log, "99999999999999999999"), BAD_VALUE);
    CHECK_EQ(num_of(CFG_OPT_log, "yes"), BAD_VALUE);
    CHECK_EQ(num_of(CFG_OPT_sse42, "yes"), 1);
    CHECK_EQ(num_of(CFG_OPT_sse42, "Off"), 0);
    CHECK_EQ(num_of(CFG_OPT_dynarec_forward, "512"), 512);
    CHECK_EQ(num_of(CFG_OPT_libc, "guest"), CFG_LIBC_GUEST);
    CHECK_EQ(num_of(CFG_OPT_libc, "NATIVE"), CFG_LIBC_NATIVE);
    CHECK_EQ(num_of(CFG_OPT_libc, "1"), CFG_LIBC_GUEST);
    CHECK_EQ(num_of(CFG_OPT_libc, "2"), BAD_VALUE);
    CHECK_EQ(num_of(CFG_OPT_libc, "guest2"), BAD_VALUE);
    CHECK_EQ(num_of(CFG_OPT_libc, "gues"), BAD_VALUE);
    CHECK_EQ(num_of(CFG_OPT_trace, "insn"), TRACE_INSN);
    CHECK_EQ(num_of(CFG_OPT_trace, "block"), TRACE_BLOCK);
    CHECK_EQ(num_of(CFG_OPT_trace, "sys"), TRACE_SYS);
    CHECK_EQ(num_of(CFG_OPT_trace, "sig"), TRACE_SIG);
    CHECK_EQ(num_of(CFG_OPT_trace, "bridge"), TRACE_BRIDGE);
    CHECK_EQ(num_of(CFG_OPT_trace, "sys,sig:insn block"), 15);
    CHECK_EQ(num_of(CFG_OPT_trace, "all"), 31);
    CHECK_EQ(num_of(CFG_OPT_trace, "0"), 0);
    CHECK_EQ(num_of(CFG_OPT_trace, "1"), TRACE_INSN);
    CHECK_EQ(num_of(CFG_OPT_trace, "none"), 0);
    CHECK_EQ(num_of(CFG_OPT_trace, "sys,foo"), BAD_VALUE);
    for (const char *const *good =
             (const char *const[]){"", "0", "1", "hot", "401000", "0x7Fff0", NULL};
         *good; good++)
        CHECK(num_of(CFG_OPT_dynarec_dump, *good) != BAD_VALUE);
    for (const char *const *bad = (const char *const[]){"nonsense", "Hot", "hot,1", "ADDRESS", "0x",
                                                        "12g", "112233445566778899aabb", NULL};
         *bad; bad++)
        CHECK_EQ(num_of(CFG_OPT_dynarec_dump, *bad), BAD_VALUE);
    CHECK(num_of(CFG_OPT_path, "any|thing") != BAD_VALUE);
    cfg_value_print(&cfg_options[CFG_OPT_trace], 20, buf, sizeof buf);
    CHECK_STR(buf, "sys,bridge");
    cfg_value_print(&cfg_options[CFG_OPT_trace], 0, buf, sizeof buf);
    CHECK_STR(buf, "none");
    cfg_value_print(&cfg_options[CFG_OPT_libc], 1, buf, sizeof buf);
    CHECK_STR(buf, "guest");
}

/* Rows that contradict themselves would make every profile suspicious. */
static void test_rows(void)
{
    char buf[128];
    int o;

    for (o = 0; o < CFG_OPT_COUNT; o++) {
        const struct cfg_option *opt = &cfg_options[o];

        CHECK_EQ(cfg_option_find(span_of(opt->name)), o);
        CHECK(opt->text[0] && opt->text[strlen(opt->text) - 1] == '.');
        if (opt->kind == CFG_INT)
            CHECK(opt->min < opt->max);
        if (opt->kind == CFG_STR)
            continue;
        cfg_value_print(opt, opt->def, buf, sizeof buf);
        CHECK_EQ(num_of((enum cfg_opt)o, buf), opt->def);
    }
}

static void test_names(void)
{
    CHECK_EQ(cfg_option_find(span_of("BOX64_LOG")), CFG_OPT_log);
    CHECK_EQ(cfg_option_find(span_of("box64_log")), CFG_OPT_log);
    CHECK_EQ(cfg_option_find(span_of("ld-library-path")), CFG_OPT_ld_library_path);
    CHECK_EQ(cfg_option_find(span_of("LO")), -1);
    CHECK_EQ(cfg_option_find(span_of("LOGG")), -1);
    CHECK_EQ(cfg_option_find(span_of("")), -1);
    CHECK_EQ(cfg_option_find(span_of("BOX64_")), -1);
    CHECK_EQ(cfg_option_nearest(span_of("BOX64_DYNAREC_STRONGMEN")), CFG_OPT_dynarec_strongmem);
    CHECK_EQ(cfg_option_nearest(span_of("DYNAREC_BIGBLOK")), CFG_OPT_dynarec_bigblock);
    CHECK_EQ(cfg_option_nearest(span_of("TARCE")), CFG_OPT_trace);
    CHECK_EQ(cfg_option_nearest(span_of("BOX64_CACHE")), -1);
    CHECK_EQ(cfg_option_nearest(span_of("BOX64_SOMETHING_ELSE_ENTIRELY")), -1);
    CHECK_EQ(cfg_distance(span_of("AVX"), span_of("AXV"), 9), 1);
    CHECK_EQ(cfg_distance(span_of("KITTEN"), span_of("SITTING"), 9), 3);
    CHECK_EQ(cfg_distance(span_of(""), span_of("LOG"), 9), 3);
    CHECK_EQ(cfg_distance(span_of("LOG"), span_of("DYNAREC"), 2), 3);
}

/* The definition, word for word: whole table, no limit. */
static unsigned plain_distance(const char *a, const char *b)
{
    unsigned d[16][16], best;
    size_t n = strlen(a), m = strlen(b), i, j;

    for (i = 0; i <= n; i++) {
        for (j = 0; j <= m; j++) {
            d[i][j] = (unsigned)(i ? i : j);
            if (!i || !j)
                continue;
            best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
            best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = d[i - 2][j - 2] + 1 < best ? d[i - 2][j - 2] + 1 : best;
            d[i][j] = best;
        }
    }
    return d[n][m];
}

static unsigned draw(unsigned below)
{
    static u32 state = 1;

    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
}

static void draw_word(char *out)
{
    unsigned n = draw(11);

    out[n] = 0;
    while (n-- > 0)
        out[n] = (char)('A' + draw(3));
}

static void test_distances(void)
{
    unsigned wrong = 0, limit, want;
    char a[12], b[12];

    for (unsigned i = 0; i < 200000; i++) {
        draw_word(a);
        draw_word(b);
        limit = draw(12);
        want = plain_distance(a, b);
        want = want <= limit ? want : limit + 1;
        wrong += cfg_distance(span_of(a), span_of(b), limit) != want;
    }
    CHECK_EQ(wrong, 0);
}

/* Each option is the nearest to itself with any one letter gone, changed or doubled, unless that
 * is as near to another. */
static void test_slips(void)
{
    unsigned wrong = 0;
    char text[48];

    for (int o = 0; o < CFG_OPT_COUNT; o++) {
        struct span name = span_of(cfg_options[o].name);

        for (size_t at = 0; at < name.n; at++) {
            int kind, n;

            for (kind = 0; kind < 3; kind++) {
                memcpy(text, name.p, at);
                if (kind)
                    text[at] = kind == 1 ? '9' : name.p[at];
                memcpy(text + at + !!kind, name.p + at + (kind < 2), name.n - at);
                text[name.n - !kind + (kind == 2)] = 0;
                n = cfg_option_nearest(span_of(text));
                wrong += n < 0 || cfg_distance(span_of(text), span_of(cfg_options[n].name), 1) > 1;
            }
        }
    }
    CHECK_EQ(wrong, 0);
}

struct wanted_line {
    enum prof_kind kind;
    int line;
    const char *name, *value;
};

static void check_lines(const char *text, size_t size, const struct wanted_line *want)
{
    struct prof_reader r;
    struct prof_line l;
    char value[256];

    prof_start(&r, (struct span){text, size});
    for (;; want++) {
        CHECK_EQ(prof_next(&r, &l), want->kind);
        if (want->kind == PROF_END)
            break;
        CHECK_EQ(l.line, want->line);
        if (want->kind == PROF_BAD) {
            CHECK(l.why != NULL);
            continue;
        }
        CHECK(span_is(l.name, want->name));
        if (want->kind == PROF_KEY) {
            prof_value_copy(l.value, value);
            CHECK_STR(value, want->value);
        }
    }
}

static void test_lines(void)
{
    static const char text[] = "\xef\xbb\xbf# comment\r\n"
                               "[ game ]\r\n"
                               "KEY = a value # comment\r\n"
                               "\r\n"
                               "K2=a\\#b#c\n"
                               "  ; also a comment\n"
                               "[Game [v1] C#.exe] # comment\n"
                               "EMPTY=\n"
                               "ENV=A=B=C\n"
                               "nonsense\n"
                               "[unended\n"
                               "[]\n"
                               "=value\n"
                               "zero\0byte=1\n"
                               "LAST=1";
    static const struct wanted_line want[] = {
        {PROF_SECTION, 2, "game", ""}, {PROF_KEY, 3, "KEY", "a value"},
        {PROF_KEY, 5, "K2", "a#b"},    {PROF_SECTION, 7, "Game [v1] C#.exe", ""},
        {PROF_KEY, 8, "EMPTY", ""},    {PROF_KEY, 9, "ENV", "A=B=C"},
        {PROF_BAD, 10, "", ""},        {PROF_BAD, 11, "", ""},
        {PROF_BAD, 12, "", ""},        {PROF_BAD, 13, "", ""},
        {PROF_BAD, 14, "", ""},        {PROF_KEY, 15, "LAST", "1"},
        {PROF_END, 0, "", ""},
    };

    check_lines(text, sizeof text - 1, want);
    check_lines("", 0, want + ARRAY_SIZE(want) - 1);
    check_lines("\n\n#", 3, want + ARRAY_SIZE(want) - 1);
}

static u32 match(const char *section, const char *body, struct prof_subject *s)
{
    struct prof_reader r;

    prof_start(&r, span_of(body));
    return prof_match(span_of(section), &r, s);
}

static enum prof_class class_of(const char *section, const char *path)
{
    struct prof_subject s = {.path = path, .appid = "480", .arch = "riscv64"};

    return PROF_RANK_CLASS(match(section, "", &s));
}

static void test_sections(void)
{
    CHECK_EQ(class_of("*", "/opt/g/Game.exe"), PROF_GLOBAL);
    CHECK_EQ(class_of("game.exe", "/opt/g/Game.exe"), PROF_EXE);
    CHECK_EQ(class_of("game", "/opt/g/Game.exe"), PROF_NONE);
    CHECK_EQ(class_of("game", "game"), PROF_EXE);
    CHECK_EQ(class_of("g/game.exe", "/opt/g/Game.exe"), PROF_EXE);
    CHECK_EQ(class_of("xg/game.exe", "/opt/g/Game.exe"), PROF_NONE);
    CHECK_EQ(class_of("t/g/game.exe", "/opt/g/Game.exe"), PROF_NONE);
    CHECK_EQ(class_of("opt/g/game.exe", "/opt/g/Game.exe"), PROF_EXE);
    CHECK_EQ(class_of("*setup*", "/tmp/Game-Setup-1.2.exe"), PROF_GLOB);
    CHECK_EQ(class_of("*setup*", "/setup/game"), PROF_NONE);
    CHECK_EQ(class_of("*/setup/*", "/a/setup/game"), PROF_GLOB);
    CHECK_EQ(class_of("g?me", "/a/game"), PROF_GLOB);
    CHECK_EQ(class_of("g?me", "/a/gme"), PROF_NONE);
    CHECK_EQ(class_of("appid:480", "/a/game"), PROF_APPID);
    CHECK_EQ(class_of("appid:481", "/a/game"), PROF_NONE);
    CHECK_EQ(class_of("appid:48", "/a/game"), PROF_NONE);
    CHECK_EQ(class_of("appid:480/game", "/a/game"), PROF_APPID_EXE);
    CHECK_EQ(class_of("appid:480/other", "/a/game"), PROF_NONE);
    CHECK_EQ(class_of("engine:unity", "/a/game"), PROF_NONE);
    CHECK_EQ(class_of("preset:fast", "/a/game"), PROF_NONE);
    CHECK_EQ(class_of("/libc.so.6", "/a/libc.so.6"), PROF_NONE);
    CHECK_EQ(class_of("/", "/"), PROF_NONE);
}

static void test_conditions(void)
{
    struct prof_subject s = {.path = "/a/game", .appid = "", .arch = "riscv64"};

    CHECK_EQ(match("game", "BOX64_ARCH=rv64\n", &s), PROF_RANK(PROF_EXE, 0, 1));
    CHECK_EQ(match("game", "LOG=1\nARCH=riscv64\n", &s), PROF_RANK(PROF_EXE, 0, 1));
    CHECK_EQ(match("game", "ARCH=arm64\n", &s), 0);
    CHECK_EQ(match("game", "ARCH=nonsense\n", &s), 0);
    CHECK_EQ(match("game", "LOG=1\n[other]\nARCH=arm64\n", &s), PROF_RANK(PROF_EXE, 0, 0));
    CHECK_EQ(match("*g*", "", &s), PROF_RANK(PROF_GLOB, 1, 0));
    CHECK_EQ(match("g*me", "ARCH=rv64", &s), PROF_RANK(PROF_GLOB, 3, 1));
    s.arch = "aarch64";
    CHECK_EQ(match("game", "ARCH=arm64\n", &s), PROF_RANK(PROF_EXE, 0, 1));
    s.arch = "loongarch64";
    CHECK_EQ(match("game", "ARCH=la64\n", &s), PROF_RANK(PROF_EXE, 0, 1));
}

/* A folder with the files of a game, in the current folder. */
static void make_game(const char *dir)
{
    char name[256];
    int fd;

    mkdir(dir, 0755);
    snprintf(name, sizeof name, "%s/game", dir);
    fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    CHECK(fd >= 0 && write(fd, "abc", 3) == 3);
    close(fd);
    snprintf(name, sizeof name, "%s/UnityPlayer.so", dir);
    close(open(name, O_WRONLY | O_CREAT, 0644));
}

static void remove_game(const char *dir)
{
    char name[256];

    snprintf(name, sizeof name, "%s/game", dir);
    unlink(name);
    snprintf(name, sizeof name, "%s/UnityPlayer.so", dir);
    unlink(name);
    rmdir(dir);
}

static void test_files_beside(void)
{
    char dir[] = "test-config-XXXXXX";
    char path[64];
    struct prof_subject s = {.appid = "", .arch = "x86_64"};

    CHECK(mkdtemp(dir) != NULL);
    make_game(dir);
    snprintf(path, sizeof path, "%s/game", dir);
    s.path = path;
    CHECK_EQ(match("engine:unity", "WHEN_FILE=UnityPlayer.dll:UnityPlayer.so", &s),
             PROF_RANK(PROF_ENGINE, 0, 0));
    CHECK_EQ(match("engine:unity", "WHEN_FILE=UnityPlayer.dll", &s), 0);
    CHECK_EQ(match("engine:unity", "WHEN_FILE=Unity*", &s), PROF_RANK(PROF_ENGINE, 0, 0));
    CHECK_EQ(match("engine:unity", "WHEN_FILE=Unreal*", &s), 0);
    CHECK_EQ(match("engine:unity", "WHEN_FILE=", &s), 0);
    CHECK_EQ(match("game", "WHEN_FILE=none", &s), 0);
    /* SHA-256 of "abc", FIPS 180-2 B.1. */
    CHECK_EQ(
        match("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "", &s),
        PROF_RANK(PROF_HASH, 0, 0));
    CHECK_EQ(match("sha256:BA7816BF", "", &s), PROF_RANK(PROF_HASH, 0, 0));
    CHECK_EQ(match("sha256:ba7816b", "", &s), 0);
    CHECK_EQ(match("sha256:ba7816be", "", &s), 0);
    remove_game(dir);
}

static void test_sha256(void)
{
    /* FIPS 180-2: B.2, and B.3 with a million times 'a'. */
    static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    struct sha256 s;
    char hex[SHA256_HEX + 1], as[1000];
    int i;

    sha256_init(&s);
    sha256_hex(&s, hex);
    CHECK_STR(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_init(&s);
    sha256_add(&s, two, strlen(two));
    sha256_hex(&s, hex);
    CHECK_STR(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    memset(as, 'a', sizeof as);
    sha256_init(&s);
    for (i = 0; i < 1000; i++)
        sha256_add(&s, as, sizeof as);
    sha256_hex(&s, hex);
    CHECK_STR(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    CHECK(sha256_file("no such file", hex) < 0);
}

/* Each class beats the one before it, in whatever order the file has them. */
static void test_layers(void)
{
    static const char up[] = "[*]\nMAXCPU=1\n[*a*]\nMAXCPU=2\n[*am*]\nMAXCPU=3\n[game]\nMAXCPU=4\n"
                             "[appid:480]\nMAXCPU=5\n[appid:480/game]\nMAXCPU=6\n";
    static const char down[] =
        "[appid:480/game]\nMAXCPU=6\n[appid:480]\nMAXCPU=5\n[game]\nMAXCPU=4\n"
        "[*am*]\nMAXCPU=3\n[*a*]\nMAXCPU=2\n[*]\nMAXCPU=1\n";
    const char *text;
    int i;

    clean_environment();
    for (i = 0; i < 2; i++) {
        text = i ? down : up;
        unsetenv("SteamAppId");
        init_with("prog");
        resolve_one("/a/none", "");
        CHECK_EQ(cfg.maxcpu, 0);
        resolve_one("/a/xyz", text);
        CHECK_EQ(cfg.maxcpu, 1);
        resolve_one("/a/gate", text);
        CHECK_EQ(cfg.maxcpu, 2);
        resolve_one("/a/lame", text);
        CHECK_EQ(cfg.maxcpu, 3);
        resolve_one("/a/game", text);
        CHECK_EQ(cfg.maxcpu, 4);
        setenv("SteamAppId", "480", 1);
        resolve_one("/a/other", text);
        CHECK_EQ(cfg.maxcpu, 5);
        resolve_one("/a/game", text);
        CHECK_EQ(cfg.maxcpu, 6);
        setenv("BOX64_MAXCPU", "7", 1);
        init_with("prog");
        resolve_one("/a/game", text);
        CHECK_EQ(cfg.maxcpu, 7);
        init_with("--maxcpu=8 prog");
        resolve_one("/a/game", text);
        CHECK_EQ(cfg.maxcpu, 8);
        unsetenv("BOX64_MAXCPU");
    }
    CHECK_EQ(warning_count, 0);
}

static void test_overlay(void)
{
    clean_environment();
    init_with("prog");
    /* Key by key: a later file's section hides no other key of an earlier one's. */
    resolve("/a/game", "[game]\nMAXCPU=2\nAVX=1\n[*]\nCPUTYPE=1\nSSE42=0\n", "[game]\nMAXCPU=3\n",
            "[*]\nMAXCPU=9\nSSE42=1\n");
    CHECK_EQ(cfg.maxcpu, 3);
    CHECK_EQ(cfg.avx, 1);
    CHECK_EQ(cfg.cputype, 1);
    CHECK_EQ(cfg.sse42, 1);
    /* The same section twice in one file: the later key. */
    resolve_one("/a/game", "[game]\nMAXCPU=2\nAVX=0\n[game]\nMAXCPU=4\n");
    CHECK_EQ(cfg.maxcpu, 4);
    CHECK_EQ(cfg.avx, 0);
    /* A section for this CPU is more specific than its equal, wherever it stands. */
    resolve_one("/a/game", "[game]\nARCH=x86_64\nMAXCPU=1\n[game]\nARCH=arm64\nMAXCPU=2\n[game]\n"
                           "ARCH=rv64\nMAXCPU=3\n[game]\nARCH=la64\nMAXCPU=4\n[game]\nMAXCPU=9\n");
    CHECK(cfg.maxcpu >= 1 && cfg.maxcpu <= 4);
    /* Nothing of one program is left for the next. */
    resolve_one("/a/other", "[game]\nMAXCPU=2\n");
    CHECK_EQ(cfg.maxcpu, 0);
    CHECK_EQ(cfg.avx, 2);
    CHECK_EQ(warning_count, 0);
}

static void test_presets(void)
{
    static const char text[] = "[preset:calm]\nMAXCPU=2\nAVX=1\n[*]\nAVX=0\n"
                               "[game]\nPROFILE=calm\n";

    clean_environment();
    init_with("prog");
    resolve_one("/a/game", text);
    CHECK_EQ(cfg.maxcpu, 2);
    CHECK_EQ(cfg.avx, 0);
    resolve_one("/a/other", text);
    CHECK_EQ(cfg.maxcpu, 0);
    setenv("BOX64_PROFILE", "Calm", 1);
    init_with("prog");
    resolve_one("/a/other", text);
    CHECK_EQ(cfg.maxcpu, 2);
    CHECK_EQ(warning_count, 0);
    setenv("BOX64_PROFILE", "wild", 1);
    init_with("prog");
    resolve_one("/a/other", text);
    CHECK_EQ(warning_count, 1);
    CHECK(warned("wild"));
}

static void test_not_inherited(void)
{
    clean_environment();
    init_with("prog");
    resolve_one("/a/game", "[game]\nMAXCPU=2\nLD_LIBRARY_PATH=/x\n");
    CHECK_EQ(cfg.maxcpu, 2);
    CHECK_STR(cfg.ld_library_path, "/x");
    CHECK(!getenv("BOX64_MAXCPU"));
    CHECK(!getenv("BOX64_LD_LIBRARY_PATH"));
    CHECK(!environ || !environ[0]);
}

static void test_complaints(void)
{
    clean_environment();
    init_with("prog");
    resolve("/a/game",
            "[game]\nMAXCPU=lots\nMAXCPUS=2\nAVX=1\nTOTALLY_UNKNOWN=1\nRCFILE=/x\nrubbish\n",
            "KEY=1\n[elsewhere]\nDYNAREC_STRONGMEM=9\n", NULL);
    CHECK_EQ(warning_count, 7);
    CHECK(warned("a.rc:2: BOX64_MAXCPU=lots: not a number from 0 to 65536; ignored"));
    CHECK(warned("a.rc:3: unknown option MAXCPUS; did you mean BOX64_MAXCPU?"));
    CHECK(warned("a.rc:5: unknown option TOTALLY_UNKNOWN\n"));
    CHECK(warned("a.rc:6: BOX64_RCFILE"));
    CHECK(warned("a.rc:7: neither"));
    CHECK(warned("b.rc:1: KEY stands before"));
    CHECK(warned("b.rc:3: BOX64_DYNAREC_STRONGMEM=9"));
    /* The run goes on with what was right. */
    CHECK_EQ(cfg.avx, 1);
    CHECK_EQ(cfg.maxcpu, 0);
    CHECK_STR(cfg.rcfile, "");
}

static void test_environment(void)
{
    clean_environment();
    setenv("BOX64_LOG", "2", 1);
    setenv("BOX64_LIBC", "guest", 1);
    setenv("BOX64_AVX", "7", 1);
    setenv("BOX64_MAXCPU", "", 1);
    setenv("BOX64_SSE24", "0", 1);
    setenv("BOX64_CACHE", "/somewhere", 1);
    setenv("BOX64_EMULATED_LIBS", "a.so.1:b.so.2", 1);
    CHECK_EQ(init_with("prog"), CFG_RUN);
    CHECK_EQ(cfg.log, 2);
    CHECK_EQ(log_level, 2);
    CHECK_EQ(cfg.libc, CFG_LIBC_GUEST);
    CHECK_EQ(cfg.avx, 2);
    CHECK_EQ(warning_count, 2);
    CHECK(warned("environment: BOX64_AVX=7: not a number from 0 to 2; ignored"));
    CHECK(warned("environment: unknown option BOX64_SSE24; did you mean BOX64_SSE42?"));
    CHECK(cfg_list_has(cfg.emulated_libs, "b.so.2"));
    CHECK(!cfg_list_has(cfg.emulated_libs, "b.so"));
    clean_environment();
    init_with("prog");
    CHECK_EQ(cfg.log, 1);
    CHECK_EQ(log_level, 1);
}

static void test_command_line(void)
{
    char a0[] = "box64", a1[] = "--log=2", a2[] = "--strace", a3[] = "prog", a4[] = "--log=3";
    char *argv[] = {a0, a1, a2, a3, a4, NULL};
    char **v = argv;
    int argc = 5, saved = dup(2), null = open("/dev/null", O_WRONLY);

    clean_environment();
    CHECK_EQ(cfg_init(&argc, &v), CFG_RUN);
    CHECK_EQ(argc, 3);
    CHECK_STR(v[1], "prog");
    CHECK_STR(v[2], "--log=3");
    CHECK(v[3] == NULL);
    CHECK_EQ(cfg.log, 2);
    CHECK_EQ(cfg.strace, 1);
    CHECK_EQ(trace_mask, TRACE_SYS);
    dup2(null, 2);
    CHECK_EQ(init_with("--trace=insn,sig prog"), CFG_RUN);
    CHECK_EQ(trace_mask, TRACE_INSN | TRACE_SIG);
    CHECK_EQ(init_with("-- prog"), CFG_RUN);
    CHECK_EQ(init_with("- x"), CFG_RUN);
    CHECK_EQ(init_with(""), CFG_USAGE);
    CHECK_EQ(init_with("--log=2"), CFG_USAGE);
    CHECK_EQ(init_with("--nosuch prog"), CFG_USAGE);
    CHECK_EQ(init_with("--log prog"), CFG_USAGE);
    CHECK_EQ(init_with("--log=9 prog"), CFG_USAGE);
    CHECK_EQ(init_with("-x prog"), CFG_USAGE);
    CHECK_EQ(init_with("--explain"), CFG_USAGE);
    dup2(saved, 2);
    close(saved);
    close(null);
}

/* Runs one of the printers into memory. */
static char *explained(const char *program)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    cfg_explain(out, program);
    fclose(out);
    return text;
}

static void check_explained(const char *text, const char *value, const char *origin)
{
    const char *line = strstr(text, value);

    CHECK(line != NULL);
    if (line) {
        const char *end = strchr(line, '\n');
        const char *where = strstr(line, origin);

        CHECK(where && where < end);
    }
}

static void test_explain(void)
{
    char *text;

    clean_environment();
    setenv("BOX64_LOG", "2", 1);
    init_with("--maxcpu=3 prog");
    resolve("/a/game", "[*]\nAVX=1\n", "# c\n\n[g*]\n\nSSE42=0\nCPUTYPE=1\n[game]\nAVX=0\n", NULL);
    text = explained("/a/game");
    check_explained(text, "BOX64_LOG=2", "# environment");
    check_explained(text, "BOX64_MAXCPU=3", "# command line");
    check_explained(text, "BOX64_AVX=0", "# b.rc:8 [game]");
    check_explained(text, "BOX64_SSE42=0", "# b.rc:5 [g*]");
    check_explained(text, "BOX64_AES=1", "# default");
    free(text);
    text = explained("/a/mine");
    check_explained(text, "BOX64_AVX=1", "# a.rc:2 [*]");
    check_explained(text, "BOX64_SSE42=1", "# default");
    free(text);
}

static void test_library(void)
{
    static const char text[] = "[/d3d11.dll]\nDYNAREC_STRONGMEM=0\nDYNAREC_BIGBLOCK=3\n"
                               "[/lib*.so.1]\nDYNAREC_BIGBLOCK=0\n[game]\nDYNAREC_STRONGMEM=2\n";
    struct cfg lib;

    clean_environment();
    setenv("BOX64_DYNAREC_SAFEFLAGS", "2", 1);
    init_with("prog");
    resolve_one("/a/game", text);
    CHECK_EQ(cfg.dynarec_strongmem, 2);
    CHECK(cfg_for_library("/w/D3D11.dll", &lib));
    CHECK_EQ(lib.dynarec_strongmem, 0);
    CHECK_EQ(lib.dynarec_bigblock, 3);
    CHECK_EQ(lib.dynarec_safeflags, 2);
    CHECK(cfg_for_library("/w/libx.so.1", &lib));
    CHECK_EQ(lib.dynarec_bigblock, 0);
    CHECK_EQ(lib.dynarec_strongmem, 2);
    CHECK(!cfg_for_library("/w/game", &lib));
    CHECK(!memcmp(&lib, &cfg, sizeof cfg));
    CHECK_EQ(cfg.dynarec_strongmem, 2);
    setenv("BOX64_DYNAREC_STRONGMEM", "1", 1);
    init_with("prog");
    resolve_one("/a/game", text);
    CHECK(cfg_for_library("/w/d3d11.dll", &lib));
    CHECK_EQ(lib.dynarec_strongmem, 1);
}

static void test_trace_file(void)
{
    char name[64];
    char text[16] = "";
    int fd;

    clean_environment();
    setenv("BOX64_TRACE", "sys", 1);
    setenv("BOX64_TRACE_FILE", "test-config-%pid.trace", 1);
    init_with("prog");
    CHECK_EQ(trace_mask, TRACE_SYS);
    resolve_one("/a/game", "");
    snprintf(name, sizeof name, "test-config-%ld.trace", (long)getpid());
    CHECK(trace_fd > 2);
    trace_print("hello");
    fd = open(name, O_RDONLY);
    CHECK(fd >= 0 && read(fd, text, sizeof text - 1) == 6);
    CHECK_STR(text, "hello\n");
    close(fd);
    unlink(name);
    setenv("BOX64_TRACE_FILE", "/no/such/folder/x", 1);
    init_with("prog");
    resolve_one("/a/game", "");
    CHECK_EQ(trace_fd, 2);
    CHECK(warned("/no/such/folder/x"));
    clean_environment();
    init_with("prog");
    resolve_one("/a/game", "");
}

static void test_lists(void)
{
    const char *list = ":a.so,b.so  c.so:";
    size_t n;

    CHECK(cfg_list_next(&list, &n) && n == 4);
    CHECK(cfg_list_next(&list, &n) && n == 4);
    CHECK(cfg_list_next(&list, &n) && n == 4);
    CHECK(!cfg_list_next(&list, &n));
    CHECK(!cfg_list_has("", "a"));
    CHECK(cfg_list_has("a", "a"));
}

int main(void)
{
    cfg_warn_hook = take_warning;
    RUN(test_values);
    RUN(test_rows);
    RUN(test_names);
    RUN(test_distances);
    RUN(test_slips);
    RUN(test_lines);
    RUN(test_sections);
    RUN(test_conditions);
    RUN(test_files_beside);
    RUN(test_sha256);
    RUN(test_layers);
    RUN(test_overlay);
    RUN(test_presets);
    RUN(test_not_inherited);
    RUN(test_complaints);
    RUN(test_environment);
    RUN(test_command_line);
    RUN(test_explain);
    RUN(test_library);
    RUN(test_trace_file);
    RUN(test_lists);
    return harness_done();
}
