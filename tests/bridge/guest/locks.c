/* mlock and msync where pages are missing: run with larger host pages too (BOX64_HOST_PAGE). */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#define N(x)                                                                                       \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long r = (x);                                                                              \
        printf("%s = %ld, errno %d\n", #x, r, errno);                                              \
    } while (0)

enum { PAGE = 4096 };

int main(void)
{
    char *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    N(munmap(p + 5 * PAGE, PAGE));
    N(mlock(p, PAGE));
    N(mlock(p + 100, 10));
    N(mlock(p + PAGE, 3 * PAGE));
    N(mlock(p + 4 * PAGE, 2 * PAGE));
    N(munlock(p + 4 * PAGE, 2 * PAGE));
    N(mlock(p + 5 * PAGE, PAGE));
    N(munlock(p, 5 * PAGE));
    N(munlock(p + 5 * PAGE + 1, 1));
    N(mlock2(p + 6 * PAGE, PAGE, 0));
    N(msync(p, 5 * PAGE, MS_ASYNC));
    N(msync(p, 6 * PAGE, MS_SYNC));
    N(msync(p + 1, PAGE, MS_SYNC));
    N(munlockall());
    N(mlock((void *)8, PAGE));
    N(mlock(p, -1ul));
    return 0;
}
