/*
 * nsl.c - libnsl without a NIS server: names, texts, objects, and what is refused. Its symbols have
 * one old version and no default.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *lib;

static void *find(const char *name)
{
    void *p = dlvsym(lib, name, "GLIBC_2.2.5");

    if (!p)
        printf("no %s\n", name);
    return p;
}

#define FN(result, name, ...) result (*name)(__VA_ARGS__) = (result(*)(__VA_ARGS__))find(#name)

static int each(int status, char *key, int keys, char *value, int values, char *data)
{
    return 1;
}

static void yp(void)
{
    FN(const char *, yperr_string, int);
    FN(const char *, ypbinderr_string, int);
    FN(int, ypprot_err, int);
    FN(int, yp_get_default_domain, char **);
    FN(int, yp_match, const char *, const char *, const char *, int, char **, int *);
    FN(int, yp_first, const char *, const char *, char **, int *, char **, int *);
    FN(int, yp_next, const char *, const char *, const char *, int, char **, int *, char **, int *);
    FN(int, yp_master, const char *, const char *, char **);
    FN(int, yp_order, const char *, const char *, unsigned *);
    FN(int, yp_all, const char *, const char *, const void *);
    FN(int, yp_maplist, const char *, void **);
    FN(int, yp_bind, const char *);
    FN(void, yp_unbind, const char *);
    struct {
        int (*fn)(int, char *, int, char *, int, char *);
        char *data;
    } all = {each, "data"};
    char *text = "untouched", *other = "untouched";
    void *maps = "untouched";
    unsigned order = 77;
    int n = 78, m = 79;

    for (int i = 0; i < 18; i++)
        printf("%d %s | %s | %d\n", i, yperr_string(i), ypbinderr_string(i), ypprot_err(-i));
    n = yp_get_default_domain(&text);
    printf("domain %d\n", n);
    text = "untouched";
    n = 78;
    printf("match %d", yp_match("", "map", "key", 3, &text, &n));
    printf(" %s %d\n", text ? text : "null", n);
    printf("first %d", yp_first("", "map", &text, &n, &other, &m));
    printf(" %s %s\n", text ? text : "null", other ? other : "null");
    printf("next %d", yp_next("domain", "", "key", 3, &text, &n, &other, &m));
    printf(" %s %s\n", text ? text : "null", other ? other : "null");
    printf("master %d", yp_master("", "map", &text));
    printf(" %s\n", text ? text : "null");
    printf("order %d", yp_order("", "map", &order));
    printf(" %u all %d maps %d", order, yp_all("", "map", &all), yp_maplist("", &maps));
    printf(" bind %d\n", yp_bind(""));
    yp_unbind("");
}

static void nis(void)
{
    static const char *const names[] = {"leaf.domain.org.", "a.",           ".", "",
                                        "\"x.y\".z.",       "no.dot.at.end"};
    FN(char *, nis_leaf_of, const char *);
    FN(char *, nis_leaf_of_r, const char *, char *, size_t);
    FN(char *, nis_domain_of_r, const char *, char *, size_t);
    FN(char *, nis_name_of_r, const char *, char *, size_t);
    FN(int, nis_dir_cmp, const char *, const char *);
    FN(const char *, nis_sperrno, unsigned);
    FN(char *, nis_sperror, unsigned, const char *);
    FN(void, nis_print_rights, unsigned);
    FN(char **, nis_getnames, const char *);
    FN(void, nis_freenames, char **);
    FN(char *, nis_local_host, void);
    /* Not __nis_hash: RISC-V's libnsl has it under no public version. */
    FN(unsigned, __nis_default_ttl, char *);
    FN(void *, nis_lookup, const char *, unsigned);
    char buf[64], **list;

    for (int i = 0; i < 6; i++) {
        char *p = nis_leaf_of_r(names[i], buf, sizeof buf);
        printf("%s: leaf %s", names[i], p ? p : "null");
        p = nis_domain_of_r(names[i], buf, sizeof buf);
        printf(" domain %s\n", p ? p : "null");
        for (int k = 0; k < 6; k++)
            printf(" %d", nis_dir_cmp(names[i], names[k]));
        puts("");
    }
    printf("short %s\n", nis_leaf_of_r("quite_a_long_leaf.domain.", buf, 4) ? "fits" : "null");
    for (unsigned i = 0; i < 50; i++)
        printf("%u %s\n", i, nis_sperrno(i));
    puts(nis_sperror(5, "label"));
    nis_print_rights(0x0f010300);
    puts("");
    list = nis_getnames("full.name.");
    for (int i = 0; list && list[i]; i++)
        printf("name %s\n", list[i]);
    nis_freenames(list);
    printf("ttl %u %u\n", __nis_default_ttl("ttl=5h"), __nis_default_ttl("nothing"));
}

int main(void)
{
    lib = dlopen("libnsl.so.1", RTLD_NOW);
    if (!lib) {
        puts(dlerror());
        return 1;
    }
    yp();
    nis();
    return 0;
}
