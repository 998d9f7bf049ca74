/* Library functions that call back, and functions given as pointers in both directions. */
#include <argp.h>
#include <dirent.h>
#include <error.h>
#include <fnmatch.h>
#include <ftw.h>
#include <fts.h>
#include <glob.h>
#include <obstack.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define obstack_chunk_alloc malloc
#define obstack_chunk_free free

static int cmp_int(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static int cmp_r(const void *a, const void *b, void *sign)
{
    return (*(const int *)a - *(const int *)b) * *(int *)sign;
}

static int cmp_str(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void visit(const void *node, VISIT which, int depth)
{
    if (which == postorder || which == leaf)
        printf("%s@%d ", *(char *const *)node, depth);
}

static int only_x(const struct dirent *d)
{
    return d->d_name[0] == 'x';
}

static int backwards(const struct dirent **a, const struct dirent **b)
{
    return -strcmp((*a)->d_name, (*b)->d_name);
}

static long total, files;

static int walk(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)path;
    files++;
    total += flag == FTW_F ? (long)st->st_size : 0;
    total += at->level;
    return 0;
}

static int fts_cmp(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static error_t parse(int k, char *arg, struct argp_state *state)
{
    switch (k) {
    case 'n': printf("opt n=%s input=%d\n", arg, *(int *)state->input); return 0;
    case 'v': printf("opt v\n"); return 0;
    case ARGP_KEY_ARG: printf("arg %u %s\n", state->arg_num, arg); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void progname(void)
{
    fputs("[prog]", stderr);
}

static void trees(const char *dir)
{
    char *paths[2] = {(char *)dir, NULL};
    FTS *f = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, fts_cmp);
    FTSENT *e;
    while ((e = fts_read(f)))
        printf("%s %d %ld\n", e->fts_name[0] == 'b' ? "top" : e->fts_name, e->fts_info,
               e->fts_info == FTS_F ? (long)e->fts_statp->st_size : 0);
    fts_close(f);
}

static void in_folder(void)
{
    char dir[] = "/tmp/b64XXXXXX", name[64];
    struct dirent **list;
    glob_t g;
    int n;
    if (!mkdtemp(dir))
        return;
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s/%c%d", dir, i & 1 ? 'x' : 'y', i);
        FILE *f = fopen(name, "w");
        fprintf(f, "%*d", i * 10 + 1, 1);
        fclose(f);
    }
    n = scandir(dir, &list, only_x, backwards);
    for (int i = 0; i < n; i++) {
        printf("%s ", list[i]->d_name);
        free(list[i]);
    }
    free(list);
    n = scandir(dir, &list, NULL, alphasort);
    printf("%d\n", n);
    nftw(dir, walk, 8, FTW_PHYS);
    printf("nftw %ld %ld\n", files, total);
    trees(dir);
    snprintf(name, sizeof name, "%s/*[13]", dir);
    n = glob(name, 0, NULL, &g);
    printf("glob %d %zu %s\n", n, g.gl_pathc, strrchr(g.gl_pathv[0], '/'));
    globfree(&g);
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s/%c%d", dir, i & 1 ? 'x' : 'y', i);
        unlink(name);
    }
    rmdir(dir);
}

int main(void)
{
    int v[10] = {5, 3, 9, 1, 7, 2, 8, 0, 6, 4}, k = 7, sign = -1, *hit;
    const char *words[] = {"pear", "apple", "fig", "kiwi"};
    void *root = NULL;
    struct obstack o;
    ENTRY e = {(char *)"key", (char *)"value"};
    struct argp_option opts[] = {
        {"num", 'n', "N", 0, "a number", 0}, {"verbose", 'v', 0, 0, 0, 0}, {0}};
    struct argp argp = {opts, parse, "ARG", "doc", 0, 0, 0};
    char *argv[] = {(char *)"prog", (char *)"-v", (char *)"--num=5", (char *)"rest", NULL};

    qsort(v, 10, sizeof *v, cmp_int);
    hit = bsearch(&k, v, 10, sizeof *v, cmp_int);
    printf("%d %d %ld\n", v[0], v[9], (long)(hit - v));
    qsort_r(v, 10, sizeof *v, cmp_r, &sign);
    printf("%d %d\n", v[0], v[9]);
    qsort(words, 4, sizeof *words,
          (int (*)(const void *,
                   const void *))strcmp); /* a native function as callback: any order, no crash */
    for (int i = 0; i < 4; i++)
        tsearch(words[i], &root, cmp_str);
    twalk(root, visit);
    printf("%d\n", tfind("fig", &root, cmp_str) != NULL);
    tdelete("fig", &root, (int (*)(const void *, const void *))strcmp);
    twalk(root, visit);
    printf("\n");
    hcreate(10);
    hsearch(e, ENTER);
    e.data = NULL;
    printf("%s\n", (char *)hsearch(e, FIND)->data);
    obstack_init(&o);
    for (int i = 0; i < 1000; i++)
        obstack_printf(&o, "%d,", i);
    obstack_1grow(&o, 0);
    printf("obstack %zu\n", strlen(obstack_finish(&o)));
    obstack_free(&o, NULL);
    in_folder();
    k = 33;
    printf("argp %d\n", argp_parse(&argp, 4, argv, 0, NULL, &k));
    fflush(stdout);
    error_print_progname = progname;
    error(0, 2, "msg %d %s", 5, "x");
    error_at_line(0, 0, "file.c", 12, "at %g", 1.5);
    return 0;
}
