/* Floating point through the bridge: float, double, long double, complex, out pointers, the
 * environment. */
#include <complex.h>
#include <fenv.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void bits(const char *what, long double v)
{
    unsigned char b[16];
    memset(b, 0, sizeof b);
    memcpy(b, &v, 10);
    printf("%s", what);
    for (int i = 9; i >= 0; i--)
        printf(" %02x", b[i]);
    printf("\n");
}

int main(void)
{
    volatile double one = 1, three = 3;
    volatile long double l = 2;
    long double li, lc;
    double di, ds, dc;
    float fi;
    int e;
    div_t d = div(-17, 5);
    ldiv_t ld = ldiv(1000000000007L, 10);
    lldiv_t lld = lldiv(-7, 2);
    imaxdiv_t im = imaxdiv(100, 7);
    double complex z;
    float complex f;
    long double complex zl;

    printf("%d %d %ld %ld %lld %lld %jd %jd\n", d.quot, d.rem, ld.quot, ld.rem, lld.quot, lld.rem,
           im.quot, im.rem);
    printf("%.15g %.15g %.15g %.6g %.6g\n", sin(one), pow(three, 0.5), atan2(one, three),
           (double)sinf(1), (double)powf(2, 0.5f));
    bits("frexpl", frexpl(l * 5, &e));
    bits("modfl", modfl(l * 1.125L + 0.5L, &li));
    bits("int", li);
    bits("ldexpl", ldexpl(l, 70));
    bits("fabsl", fabsl(-l / 8));
    bits("floorl", floorl(-l - 0.25L));
    bits("strtold", strtold("1.5e300", NULL));
    bits("copysignl", copysignl(3, -0.0L));
    bits("nextl", nextafterl(1.0L, 2) - 0);
    bits("scalbnl", scalbnl(1.75L, -3));
    bits("sqrtl", sqrtl(l * 2 + 0.25L * 0));
    bits("inf", l / 0.0L);
    bits("hypotl", hypotl(3, 4));
    sincos(0.5, &ds, &dc);
    printf("%.12f %.12f\n", ds, dc);
    sincosl(0.0L, &li, &lc);
    bits("sinl0", li);
    bits("cosl0", lc);
    printf("%g %g %g %d\n", modf(3.75, &di), di, (double)modff(-2.5f, &fi), (int)fi);
    printf("%ld %lld %ld %d %d\n", lrint(2.5), llround(-2.5), lroundl(7.5L), ilogb(1024.0),
           ilogbl(l));
    z = csqrt(-4 + 0 * I);
    printf("%.3f %.3f %.3f\n", creal(z), cimag(z), cabs(3 + 4 * I));
    f = conjf(1 + 2 * I);
    printf("%.1f %.1f %.4f\n", (double)crealf(f), (double)cimagf(f), (double)cabsf(f));
    zl = conjl(5 - 6 * I);
    bits("creall", creall(zl));
    bits("cimagl", cimagl(zl));
    printf("%.5f\n", (double)cabsl(8 + 6 * I));
    lgamma(-0.5);
    printf("signgam %d\n", signgam);
    printf("round %d %.1f", fegetround() == FE_TONEAREST, rint(2.5));
    fesetround(FE_UPWARD);
    printf(" %.1f %.1f %d", rint(2.25), nearbyint(-2.75), (int)lrint(2.25));
    fesetround(FE_TONEAREST);
    feclearexcept(FE_ALL_EXCEPT);
    one = one / (three - 3);
    printf(" flags %d %d\n", fetestexcept(FE_DIVBYZERO) != 0, fetestexcept(FE_INVALID) != 0);
    printf("%d %d %d %d\n", fpclassify(0.0), isnan(NAN), isinf(INFINITY), signbit(-1.0) != 0);
    printf("%.10g %.10g\n", nexttoward(1.0, 2.0L), fma(2, 3, 4));
    printf("%.6Lf %.6Lf\n", expl(1), logl(10));
    return 0;
}
