/* debugged.c - what big/gdbrun.sh looks at. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

static char text[] = "hello";
static volatile int handled;

static void on_usr1(int sig)
{
    handled = sig;
}

static int fact(int n)
{
    return n < 2 ? 1 : n * fact(n - 1);
}

static double half(double d)
{
    return d / 2;
}

int main(void)
{
    double d = half(5);

    signal(SIGUSR1, on_usr1);
    raise(SIGUSR1);
    for (int i = 3; i < 6; i++)
        printf("%d %s %.2f\n", fact(i), text, d);
    fflush(stdout);
    return handled == SIGUSR1 ? (int)strlen(text) : 1;
}
