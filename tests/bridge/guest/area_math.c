/* math.h and complex.h: values, and the exceptions a function raises. The last bits are those of
 * the host's libm, so 12 digits are printed, 5 of floats. */
#include <complex.h>
#include <errno.h>
#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LOUD (FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW)
static volatile double z = 0, one = 1, big = 1e300, h = 0.7, x2 = 2.3;

static void show(const char *what, double v)
{
    printf("%s %.12g\n", what, v == 0 ? 0 : v);
}

#define V(e) show(#e, e)
#define V1(n)                                                                                      \
    V(n(h)), V(n##f(0.7f) > 1e30f), V((double)n##l(0.7L)), printf("%sf %.5g\n", #n, n##f(0.7f))
#define F(e)                                                                                       \
    (feclearexcept(FE_ALL_EXCEPT), sink = e, printf("%s raises %x\n", #e, fetestexcept(LOUD)))

static volatile double sink;

static void values(void)
{
    int i;
    double d;

    V1(sin), V1(cos), V1(tan), V1(asin), V1(acos), V1(atan), V1(sinh), V1(cosh), V1(tanh),
        V1(asinh), V1(atanh);
    V1(exp), V1(exp2), V1(exp10), V1(expm1), V1(log), V1(log2), V1(log10), V1(log1p), V1(logb),
        V1(sqrt), V1(cbrt);
    V1(erf), V1(erfc), V1(lgamma), V1(tgamma), V1(j0), V1(j1), V1(y0), V1(y1), V1(ceil), V1(floor),
        V1(trunc), V1(round);
    V1(roundeven), V1(rint), V1(nearbyint), V1(fabs), V1(significand);
    V(acosh(x2)), V(atan2(h, x2)), V(pow(h, x2)), V(hypot(3 * one, 4 * one)), V(fmod(x2, h)),
        V(remainder(x2, h)), V(drem(x2, h));
    V(copysign(h, -one)), V(fdim(x2, h)), V(fmax(h, x2)), V(fmin(h, x2)), V(fma(h, x2, one)),
        V(nextafter(one, x2)), V(nexttoward(one, 2.0L));
    V(ldexp(h, 5)), V(scalb(h, 3.0)), V(scalbn(h, -4)), V(scalbln(h, 7L)), V(gamma(h)), V(jn(2, h)),
        V(yn(2, h)), V(ilogb(x2)), V(lrint(x2)), V(llrint(-x2));
    V(lround(x2)), V(llround(-2.5)), V(frexp(x2, &i)), V(i), V(modf(-x2, &d)), V(d),
        V(remquo(x2, h, &i)), V(i & 7), V(isfinite(nan(""))), V(lgamma_r(-h, &i)), V(i);
    sincos(h, &d, (double *)&z), V(d), V(z), z = 0;
    V(powf(0.5f, 2.0f)), V(atan2f(0.5f, 2.0f)), V(hypotf(3, 4)), V(fmodf(5.5f, 2)),
        V((double)powl(2, 0.5L)), V((double)fmal(2, 3, 4)), V((double)ldexpl(1.5L, 3)),
        V(fmaf(2, 3, 4));
    V(fmaxmag(-3.0, 2.0)), V(fminmag(-3.0, 2.0)), V(nextup(one)), V(nextdown(one)),
        V(canonicalize(&d, &h)), V(totalorder(&h, &x2)), V(llogb(x2)), V(getpayload(&h) == -1);
    V(creal(csqrt(-4.0))), V(cimag(csqrt(-4.0 + 0 * I))), V(cabs(3 + 4 * I)), V(carg(I)),
        V(creal(cexp(I))), V(cimag(clog(-1 + 0 * I))), V(creal(cpow(2, 3 + 0 * I))),
        V(cimag(csin(1 + I)));
    V(creal(ccos(1 + I))), V(creal(ctan(1 + I))), V(creal(casin(0.5))), V(creal(cacos(0.5))),
        V(creal(catan(0.5))), V(creal(csinh(1 + I))), V(creal(ccosh(1 + I))),
        V(creal(ctanh(1 + I)));
    V(cimag(conj(1 + I))), V(creal(cproj(1 + I))), V((double)crealf(csqrtf(4.0f))),
        V((double)creall(cexpl(1.0L)));
}

static void exceptions(void)
{
    F(log(z)), F(log(-one)), F(exp(big)), F(exp(-big)), F(pow(z, -one)), F(acos(big)),
        F(sqrt(-one)), F(logf(0.0f * one)), F(logl(0.0L * one));
    F(sin(INFINITY * one)), F(tgamma(-one)), F(fmod(one, z)), F(floor(h)), F(sin(h)),
        F(scalbn(one, 5000)), F(ldexp(one, -5000)), F(lrint(big));
    F(remainder(one, z)), F(atanh(one)), F(lgamma(z)), F(log1p(-one)), F(acosh(z)), F(y0(z)),
        F(creal(clog(0 * one))), F(ilogb(z)), F(fma(big, big, one));
    errno = 0, V(log(-one) == 0), V(errno), errno = 0, V(exp(big)), V(errno), V(z);
    fesetround(FE_DOWNWARD), V(rint(2.5 * one)), V(lrint(-2.5 * one)), V(nearbyint(3.7 * one)),
        fesetround(FE_UPWARD), V(rint(2.5 * one)), fesetround(FE_TONEAREST);
}

static void environment(void)
{
    fenv_t env;
    fexcept_t flag;

    feclearexcept(FE_ALL_EXCEPT), feraiseexcept(FE_OVERFLOW), V(fetestexcept(LOUD)),
        V(feholdexcept(&env)), V(fetestexcept(LOUD)), feraiseexcept(FE_DIVBYZERO),
        V(feupdateenv(&env));
    V(fetestexcept(LOUD)), V(fegetexceptflag(&flag, FE_DIVBYZERO)), feclearexcept(FE_ALL_EXCEPT),
        V(fesetexceptflag(&flag, FE_DIVBYZERO)), V(fetestexcept(LOUD)), V(fesetenv(FE_DFL_ENV));
    V(fetestexcept(LOUD)), V(fegetround()), V(fegetexcept()), V(fesetexcept(FE_INVALID)),
        V(fetestexceptflag(&flag, FE_DIVBYZERO));
}

int main(void)
{
    values();
    exceptions();
    environment();
    return 0;
}
