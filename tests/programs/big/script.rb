# Objects, blocks, fibers, threads, regular expressions, big integers, exceptions, pipes: what a Ruby program uses.
require "json"
require "set"
require "digest"
require "zlib"

class Node
  include Comparable
  attr_reader :value
  def initialize(value) = @value = value
  def <=>(other) = value <=> other.value
end

def primes(limit)
  sieve = Array.new(limit + 1, true)
  2.upto(Math.sqrt(limit).to_i) { |i| (i * i).step(limit, i) { |j| sieve[j] = false } if sieve[i] }
  (2..limit).select { |i| sieve[i] }
end

puts primes(2000).last(5).inspect
puts (1..40).inject(:*).to_s, 3**200 % 1_000_007
puts [3, 1, 2].map { |v| Node.new(v) }.max.value
puts JSON.generate({ "a" => [1, 2.5, nil, true], "b" => { "c" => "d" } }), JSON.parse('{"x":[1,{"y":2}]}').inspect
puts "The quick brown fox".scan(/\b[a-z]+/i).map(&:capitalize).join(","), "a1b22".gsub(/\d+/) { |m| (m.to_i * 2).to_s }
fiber = Fiber.new { 3.times { |i| Fiber.yield i * i } ; :done }
puts 4.times.map { fiber.resume }.inspect
puts 4.times.map { |i| Thread.new { (1..100 * (i + 1)).sum } }.map(&:value).inspect
begin
  Integer("x")
rescue ArgumentError => e
  puts "#{e.class}: #{e.message}"
ensure
  puts "ensure"
end
puts Digest::SHA256.hexdigest("box64"), Zlib::Inflate.inflate(Zlib::Deflate.deflate("box64" * 100)).size
puts IO.popen(["echo", "child"], &:read), $?.exitstatus
puts format("%08.3f|%-5s|%+d|%x", Math::PI, "ab", 5, 255), Time.at(0).utc.strftime("%F %T")
puts Set.new([1, 2, 2]).size, ObjectSpace.count_objects.key?(:TOTAL), Comparable.instance_method(:clamp).name
trap("USR1") { puts "usr1" }
Process.kill("USR1", Process.pid)
sleep 0.2
pid = fork { exit 5 }
puts Process.wait2(pid)[1].exitstatus
GC.start
exit 3
