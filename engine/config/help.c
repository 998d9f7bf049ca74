/*
 * help.c - what box64 says about its options: --help, --list-options, --explain, and the pages
 * docs/options.md and docs/box64.1 (written by gendocs.c). All of it comes from the table.
 */
#include <string.h>

#include "config/config.h"
#include "config/docs.h"
#include "config/layer.h"
#include "config/option.h"

static const char *kind_name(const struct cfg_option *o)
{
    static const char *const names[] = {"int", "string", "enum", "set"};

    return names[o->kind];
}

/* What may stand behind the '=': "0-3", "native|guest", "insn,block,...", "path". */
static void value_form(const struct cfg_option *o, char *buf, size_t size)
{
    size_t i;

    if (o->kind == CFG_INT) {
        snprintf(buf, size, "%d-%d", o->min, o->max);
        return;
    }
    snprintf(buf, size, "%s", o->words);
    for (i = 0; o->kind == CFG_SET && buf[i]; i++) {
        if (buf[i] == '|')
            buf[i] = ',';
    }
}

static void default_text(const struct cfg_option *o, char *buf, size_t size)
{
    if (o->kind == CFG_STR)
        snprintf(buf, size, "%s", o->def_str);
    else
        cfg_value_print(o, o->def, buf, size);
}

#define HELP_WIDTH 96
#define HELP_INDENT 6

/* Fills lines up to HELP_WIDTH, each indented. */
static void print_filled(FILE *out, const char *text)
{
    size_t column = 0;

    while (*text) {
        size_t n = strcspn(text, " ");

        if (column && column + 1 + n > HELP_WIDTH) {
            fputc('\n', out);
            column = 0;
        }
        column += (size_t)fprintf(out, "%*s%.*s", column ? 1 : HELP_INDENT, "", (int)n, text);
        text += n + strspn(text + n, " ");
    }
    fputc('\n', out);
}

/* clang-format off */
static const char *const class_titles[CFG_CLASSES] = {
    [CFG_SPEED] = "Speed",
    [CFG_SAFETY] = "Compatibility and safety",
    [CFG_DEBUG] = "Diagnostics",
    [CFG_SETUP] = "Where things are",
    [CFG_START] = "Profiles",
};
/* clang-format on */

static const enum cfg_class class_order[CFG_CLASSES] = {CFG_SETUP, CFG_SAFETY, CFG_SPEED, CFG_DEBUG,
                                                        CFG_START};

static const char later_note[] = " (accepted; no effect yet)";

static void help_option(FILE *out, const struct cfg_option *o)
{
    char form[128], def[128], text[512];

    value_form(o, form, sizeof form);
    default_text(o, def, sizeof def);
    fprintf(out, "  BOX64_%s=%s%s%s%s\n", o->name, form, def[0] ? "  [" : "", def,
            def[0] ? "]" : "");
    snprintf(text, sizeof text, "%s%s", o->text, o->state == CFG_LATER ? later_note : "");
    print_filled(out, text);
}

void cfg_help(FILE *out)
{
    size_t c;
    int o;

    fprintf(out,
            "usage: box64 [OPTION...] PROGRAM [ARGS...]\n"
            "Runs an x86-64 Linux program on this %s machine.\n\n"
            "  --help, -h              this text\n"
            "  --version, -v           version and host\n"
            "  --list-options[=json]   all options, for scripts\n"
            "  --explain PROGRAM       each option for PROGRAM, and what sets it\n"
            "  --NAME=VALUE            set an option below: --log=2 is BOX64_LOG=2\n"
            "  --                      what follows is the program\n\n"
            "Options, with [default]. Command line beats environment beats profiles.\n",
            cfg_host_arch);
    for (c = 0; c < CFG_CLASSES; c++) {
        fprintf(out, "\n%s:\n", class_titles[class_order[c]]);
        for (o = 0; o < CFG_OPT_COUNT; o++) {
            if (cfg_options[o].class == class_order[c])
                help_option(out, &cfg_options[o]);
        }
    }
}

static void json_string(FILE *out, const char *s)
{
    fputc('"', out);
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            fputc('\\', out);
        if ((unsigned char)*s < 0x20)
            fprintf(out, "\\u%04x", (unsigned)*s);
        else
            fputc(*s, out);
    }
    fputc('"', out);
}

static void json_field(FILE *out, const char *name, const char *value)
{
    fprintf(out, ", \"%s\": ", name);
    json_string(out, value);
}

/* "a|b|c" as a list. */
static void json_words(FILE *out, const char *words)
{
    const char *separator = "";

    fputs(", \"words\": [", out);
    while (*words) {
        size_t n = strcspn(words, "|");

        fprintf(out, "%s\"%.*s\"", separator, (int)n, words);
        separator = ", ";
        words += n + (words[n] == '|');
    }
    fputc(']', out);
}

static void json_option(FILE *out, const struct cfg_option *o)
{
    char def[128];

    default_text(o, def, sizeof def);
    fputs("  {\"name\": ", out);
    fprintf(out, "\"BOX64_%s\"", o->name);
    json_field(out, "type", kind_name(o));
    if (o->kind == CFG_INT)
        fprintf(out, ", \"min\": %d, \"max\": %d, \"default\": %d", o->min, o->max, o->def);
    else
        json_field(out, "default", def);
    if (o->kind == CFG_STR)
        json_field(out, "form", o->words);
    else if (o->kind != CFG_INT)
        json_words(out, o->words);
    json_field(out, "class", cfg_class_names[o->class]);
    fprintf(out, ", \"live\": %s", o->state == CFG_LIVE ? "true" : "false");
    json_field(out, "text", o->text);
    fputc('}', out);
}

void cfg_list_options(FILE *out, bool json)
{
    char form[128], def[128];
    int o;

    if (json)
        fputs("[\n", out);
    for (o = 0; o < CFG_OPT_COUNT; o++) {
        const struct cfg_option *opt = &cfg_options[o];

        if (json) {
            json_option(out, opt);
            fputs(o + 1 < CFG_OPT_COUNT ? ",\n" : "\n]\n", out);
            continue;
        }
        value_form(opt, form, sizeof form);
        default_text(opt, def, sizeof def);
        fprintf(out, "BOX64_%s\t%s\t%s\t%s\t%s\n", opt->name, form, def,
                cfg_class_names[opt->class], opt->text);
    }
}

static void print_origin(FILE *out, const struct cfg_slot *s)
{
    switch (PROF_RANK_CLASS(s->rank)) {
    case PROF_NONE: fputs("default", out); break;
    case PROF_ENV: fputs("environment", out); break;
    case PROF_COMMAND: fputs("command line", out); break;
    default: fprintf(out, "%s:%d [" SPAN_FMT "]", s->file, s->line, SPAN_ARG(s->section)); break;
    }
}

int cfg_explain(FILE *out, const char *program)
{
    const struct cfg_file *list;
    char buf[128];
    size_t n, i;
    int o, err;

    err = cfg_resolve(program);
    n = cfg_files(&list);
    fprintf(out, "# %s on %s; profiles:", program, cfg_host_arch);
    for (i = 0; i < n; i++)
        fprintf(out, " %s%s%s", list[i].name, list[i].presets_only ? " (presets only)" : "",
                i + 1 < n ? "," : "");
    fputc('\n', out);
    for (o = 0; o < CFG_OPT_COUNT; o++) {
        const char *text = cfg_slot_text((enum cfg_opt)o, buf, sizeof buf);
        int width = fprintf(out, "BOX64_%s=%s", cfg_options[o].name, text);

        fprintf(out, "%*s# ", width < 40 ? 40 - width : 1, "");
        print_origin(out, &cfg_slots[o]);
        if (cfg_options[o].state == CFG_LATER && cfg_slots[o].rank)
            fputs(later_note, out);
        fputc('\n', out);
    }
    return err;
}

/* ---- pages ---------------------------------------------------------------------------------- */

static const char *const profile_notes[] = {
    "A profile file is an INI file. `[section]` says what its options hold for, `BOX64_NAME=value` "
    "sets one (`BOX64_` may be left out), `#` starts a comment (`\\#` is the character). Files are "
    "`/etc/box64.box64rc`, then `~/.box64rc`; `BOX64_RCFILE` names one to read in place of both.",
    "All sections that hold are laid over each other option by option, the most specific last. "
    "Between sections equally specific the later one wins, and a later file never hides another "
    "option of an earlier one. The environment beats all files, the command line beats both. What "
    "a profile sets is not passed on to the programs that its program starts.",
    NULL,
};

static const struct {
    const char *section, *holds;
} sections[] = {
    {"[preset:NAME]", "when BOX64_PROFILE is NAME; for what nothing else sets"},
    {"[*]", "always"},
    {"[engine:NAME]", "when a file of its BOX64_WHEN_FILE is there; needs that line"},
    {"[*part*]", "programs whose name matches * and ?; more letters are more specific"},
    {"[name]", "the program of that name, in any case; bin/name compares the end of the path"},
    {"[sha256:0123abcd]", "the program whose SHA-256 begins so (8 digits or more)"},
    {"[appid:1091500]", "programs that Steam starts for that title"},
    {"[appid:1091500/name]", "one program of that title"},
    {"[/name.so]", "code of that mapped file, in any program"},
};

static const char *const conditions[][2] = {
    {"BOX64_ARCH=arm64", "the section holds on that host only (arm64, rv64, la64, x86_64)"},
    {"BOX64_WHEN_FILE=a:b*", "the section holds only when one of these is beside the program"},
};

static void md_option(FILE *out, const struct cfg_option *o)
{
    char form[128], def[128];
    char *bar;

    value_form(o, form, sizeof form);
    default_text(o, def, sizeof def);
    fprintf(out, "| `%s` | ", o->name);
    /* A bar would end the table's cell. */
    while ((bar = strchr(form, '|')))
        *bar = ',';
    fprintf(out, "%s | %s%s%s | %s%s |\n", form, def[0] ? "`" : "", def, def[0] ? "`" : "", o->text,
            o->state == CFG_LATER ? later_note : "");
}

void cfg_docs_markdown(FILE *out)
{
    size_t c, i;
    int o;

    fputs("# Options\n\n<!-- generated from engine/config/options.def by scripts/regen -->\n\n"
          "Each is an environment variable `BOX64_NAME=value`, a line of a profile, and an option\n"
          "`--name=value` before the program's name. `box64 --explain PROGRAM` says what sets\n"
          "each.\n",
          out);
    for (c = 0; c < CFG_CLASSES; c++) {
        fprintf(out, "\n## %s\n\n| Option | Values | Default | Meaning |\n|---|---|---|---|\n",
                class_titles[class_order[c]]);
        for (o = 0; o < CFG_OPT_COUNT; o++) {
            if (cfg_options[o].class == class_order[c])
                md_option(out, &cfg_options[o]);
        }
    }
    fputs("\n## Profile files\n", out);
    for (i = 0; profile_notes[i]; i++)
        fprintf(out, "\n%s\n", profile_notes[i]);
    fputs("\n| Section, least specific first | Holds for |\n|---|---|\n", out);
    for (i = 0; i < ARRAY_SIZE(sections); i++)
        fprintf(out, "| `%s` | %s |\n", sections[i].section, sections[i].holds);
    fputs("\n| Line of a section | Meaning |\n|---|---|\n", out);
    for (i = 0; i < ARRAY_SIZE(conditions); i++)
        fprintf(out, "| `%s` | %s |\n", conditions[i][0], conditions[i][1]);
}

/* roff: a leading '.' or '\'' is a request, '\' an escape, '-' a hyphen; '`' is only markdown's. */
static void man_text(FILE *out, const char *s)
{
    if (*s == '.' || *s == '\'')
        fputs("\\&", out);
    for (; *s; s++) {
        if (*s == '\\')
            fputs("\\e", out);
        else if (*s == '-')
            fputs("\\-", out);
        else if (*s != '`')
            fputc(*s, out);
    }
    fputc('\n', out);
}

static void man_item(FILE *out, const char *term, const char *text)
{
    fputs(".TP\n.B ", out);
    man_text(out, term);
    man_text(out, text);
}

static void man_options(FILE *out)
{
    char form[128], def[128], term[192], text[512];
    size_t c;
    int o;

    for (c = 0; c < CFG_CLASSES; c++) {
        fprintf(out, ".SS %s\n", class_titles[class_order[c]]);
        for (o = 0; o < CFG_OPT_COUNT; o++) {
            const struct cfg_option *opt = &cfg_options[o];

            if (opt->class != class_order[c])
                continue;
            value_form(opt, form, sizeof form);
            default_text(opt, def, sizeof def);
            snprintf(term, sizeof term, "BOX64_%s=%s", opt->name, form);
            snprintf(text, sizeof text, "%s%s%s%s%s", opt->text, def[0] ? " Default: " : "", def,
                     def[0] ? "." : "", opt->state == CFG_LATER ? later_note : "");
            man_item(out, term, text);
        }
    }
}

void cfg_docs_man(FILE *out)
{
    size_t i;

    fputs(".\\\" generated from engine/config/options.def by scripts/regen\n"
          ".TH BOX64 1\n.SH NAME\nbox64 \\- run x86\\-64 Linux programs on other CPUs\n"
          ".SH SYNOPSIS\n.B box64\n[\\fIOPTION\\fR...] \\fIPROGRAM\\fR [\\fIARGS\\fR...]\n"
          ".SH DESCRIPTION\nRuns an x86\\-64 Linux program. Calls into common libraries go to the\n"
          "libraries of this machine.\n.SH OPTIONS\n",
          out);
    man_item(out, "--help", "Lists the options.");
    man_item(out, "--version", "Prints version and host.");
    man_item(out, "--list-options[=json]", "Prints all options for scripts.");
    man_item(out, "--explain PROGRAM", "Prints each option for PROGRAM and what sets it.");
    man_item(out, "--NAME=VALUE", "Sets one of the options below: --log=2 is BOX64_LOG=2.");
    fputs(".SH ENVIRONMENT\n", out);
    man_options(out);
    fputs(".SH PROFILES\n", out);
    for (i = 0; profile_notes[i]; i++) {
        fputs(".PP\n", out);
        man_text(out, profile_notes[i]);
    }
    for (i = 0; i < ARRAY_SIZE(sections); i++)
        man_item(out, sections[i].section, sections[i].holds);
    for (i = 0; i < ARRAY_SIZE(conditions); i++)
        man_item(out, conditions[i][0], conditions[i][1]);
    fputs(".SH EXIT STATUS\nThat of the program; 128 plus the signal that ended it; 127 if it was\n"
          "not found, 126 if it cannot be run, 125 if the command line is wrong.\n",
          out);
}
