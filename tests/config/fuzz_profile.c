/*
 * fuzz_profile.c - any bytes as a profile file: no crash, no endless loop, every line number in
 * order, and each option keeps a value of its range. libFuzzer's target; with BOX64_FUZZ off it is
 * not built.
 */
#include <stdlib.h>

#include "base/log.h"
#include "config/config.h"
#include "config/layer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore_warning(const char *text)
{
    (void)text;
}

static void check_values(void)
{
    int o;

    for (o = 0; o < CFG_OPT_COUNT; o++) {
        const struct cfg_option *opt = &cfg_options[o];

        ASSERT(cfg_slots[o].str);
        if (opt->kind == CFG_INT)
            ASSERT(cfg_slots[o].num >= opt->min && cfg_slots[o].num <= opt->max);
        if (PROF_RANK_CLASS(cfg_slots[o].rank) != PROF_NONE)
            ASSERT(cfg_slots[o].file && cfg_slots[o].line > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char name[] = "fuzz.rc";
    struct cfg_file file = {.name = name, .text = {(const char *)data, size}, .report = true};
    struct prof_reader r;
    struct prof_line l;
    struct cfg lib;
    int line = 0;

    if (!cfg_warn_hook) {
        cfg_warn_hook = ignore_warning;
        setenv("SteamAppId", "480", 1);
    }
    prof_start(&r, file.text);
    while (prof_next(&r, &l) != PROF_END) {
        ASSERT(l.line > line);
        line = l.line;
    }
    cfg_use_files(&file, 1);
    cfg_resolve("/opt/game/Game.x86_64");
    check_values();
    cfg_for_library("/opt/game/libfoo.so.1", &lib);
    return 0;
}
