"""demo.py - what scripts/run shows: a guest program that says where it runs and computes something."""
import hashlib
import platform
import sys


def pi_digits(count):
    """The first digits of pi by Machin's formula, in whole numbers only."""
    unit = 10 ** (count + 10)

    def arctan_of_inverse(x):
        power = unit // x
        total, n, sign = power, 1, 1
        while power:
            power //= x * x
            n += 2
            sign = -sign
            total += sign * (power // n)
        return total

    return str(4 * (4 * arctan_of_inverse(5) - arctan_of_inverse(239)))[:count]


def main():
    digits = pi_digits(1000)
    print(f"machine   {platform.machine()}, {platform.system()} {platform.release()}")
    print(f"program   Python {platform.python_version()}, {sys.maxsize.bit_length() + 1} bits")
    print(f"pi        {digits[0]}.{digits[1:60]}...")
    print(f"sha256    {hashlib.sha256(digits.encode()).hexdigest()} (of 1000 digits)")
    print(f"sum       {sum(1 / (n * n) for n in range(1, 20001)):.12f} (of 1/n^2, 20000 terms)")


main()
