/*
 * gendocs.c - `gendocs md|man` prints docs/options.md or docs/box64.1. Run by scripts/regen and by
 * the lint test that the pages are fresh.
 */
#include <string.h>

#include "config/docs.h"

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "md"))
        cfg_docs_markdown(stdout);
    else if (argc == 2 && !strcmp(argv[1], "man"))
        cfg_docs_man(stdout);
    else
        return 2;
    return fflush(stdout) != 0;
}
