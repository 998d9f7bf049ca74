/* space.c - libspace.so of spaces.c: its state shows which copy of it is meant. */
#include <dlfcn.h>
#include <stddef.h>

int space_add(int n);
int space_tls(int n);
void *space_default(const char *name);

static int count;
static __thread int mine = 100;

int space_add(int n)
{
    return count += n;
}

int space_tls(int n)
{
    return mine += n;
}

/* What RTLD_DEFAULT means here; not as a tail call, which would be made from elsewhere. */
void *space_default(const char *name)
{
    void *volatile p = dlsym(RTLD_DEFAULT, name);

    return p;
}
