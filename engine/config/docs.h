/*
 * docs.h - the generated pages about options. Called by gendocs.c only.
 */
#ifndef CONFIG_DOCS_H
#define CONFIG_DOCS_H

#include <stdio.h>

void cfg_docs_markdown(FILE *out);
void cfg_docs_man(FILE *out);

#endif
