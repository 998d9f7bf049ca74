# Hashes, regular expressions, sorting, closures, sprintf, pack, local time, files, sprintf.
use strict;
use warnings;
my (%sum, @words);
open(my $fh, '<', $ARGV[0]) or die "no file: $!";
while (my $line = <$fh>) {
    next unless $line =~ /^(\w)(\w*)\s+(\d+)$/;
    $sum{$1} += $3;
    push @words, "$1$2";
}
close $fh;
print join(",", map { "$_=$sum{$_}" } sort keys %sum), "\n";
print scalar(@words), " ", (sort { length($b) <=> length($a) || $a cmp $b } @words)[0], "\n";
my $text = join ' ', @words[0 .. 40];
(my $copy = $text) =~ s/(\w+)ing\b/<$1>/g;
print length($copy), " ", scalar(() = $text =~ /[aeiou]{2}/g), "\n";
my @sorted = sort { $a <=> $b } map { ($_ * 7919) % 1009 } 1 .. 500;
print "@sorted[0..9] $sorted[-1]\n";
print join(' ', map { sprintf '%b/%o/%x/%e', $_, $_, $_, $_ / 7 } 1, 255, 65536), "\n";
print unpack('H*', pack('NnCa4w', 1, 2, 3, 'abcd', 300)), "\n";
my $fib; $fib = sub { my $n = shift; $n < 2 ? $n : $fib->($n - 1) + $fib->($n - 2) };
print $fib->(18), "\n";
my $s = 0; $s += sin($_) / $_ for 1 .. 5000; printf "%.12f\n", $s;
print join('|', split(/,\s*/, 'a, b,c,   d')), ' ', ucfirst(lc 'HELLO'), ' ', reverse('abc') . '', "\n";
eval { die { code => 42 } }; print "died $@->{code}\n";
my @t = gmtime(86400 * 365); print "$t[5]-$t[4]-$t[3]\n";
local $_ = 'x' x 10; print tr/x/y/, " $_\n";
print 'big ', 2**53 + 1, ' ', 18446744073709551615, ' ', 9**20, ' ', int(-7 / 2), ' ', -7 % 3, "\n";
exit 6;
