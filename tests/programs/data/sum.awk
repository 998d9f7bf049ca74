# Sums the numbers per first letter, longest word, a few string functions.
{
    letter = substr($1, 1, 1)
    sum[letter] += $2
    count[letter]++
    if (length($1) > length(longest))
        longest = $1
}
END {
    for (i = 97; i < 123; i++) {
        c = sprintf("%c", i)
        if (c in sum)
            printf "%s %d %.3f %s\n", c, sum[c], sum[c] / count[c], toupper(c)
    }
    print longest, index(longest, "e"), sqrt(2), exp(1), int(-3.7), substr("hello world", 4, 5)
    x = "a:b:c:d"
    n = split(x, parts, ":")
    print n, parts[3], gsub(/:/, "-", x), x
}
