"""Two hundred lines of ordinary Python: containers, text, numbers, classes, files, processes, threads, hashing, packing.

Prints the same on every machine; the harness compares the native run with the emulated one.
"""

import bisect
import collections
import dataclasses
import datetime
import decimal
import fractions
import functools
import hashlib
import heapq
import io
import itertools
import json
import math
import operator
import os
import queue
import re
import string
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import zlib


@dataclasses.dataclass(order=True)
class Item:
    weight: int
    name: str = dataclasses.field(compare=False)

    def shout(self):
        return self.name.upper() + "!"


class Matrix:
    def __init__(self, rows):
        self.rows = [list(row) for row in rows]

    def __matmul__(self, other):
        columns = list(zip(*other.rows))
        return Matrix([[sum(map(operator.mul, row, column)) for column in columns] for row in self.rows])

    def __pow__(self, power):
        size = len(self.rows)
        result = Matrix([[int(i == j) for j in range(size)] for i in range(size)])
        base = self
        while power:
            if power & 1:
                result = result @ base
            base = base @ base
            power >>= 1
        return result


def words_of(path):
    with open(path, encoding="ascii") as file:
        for line in file:
            word, number = line.split()
            yield word, int(number)


def text_part(path):
    pairs = list(words_of(path))
    counts = collections.Counter(word for word, _ in pairs)
    print("words", len(pairs), len(counts), counts.most_common(3))
    by_letter = collections.defaultdict(int)
    for word, number in pairs:
        by_letter[word[0]] += number
    print("letters", sorted(by_letter.items(), key=lambda item: (-item[1], item[0]))[:5])
    joined = " ".join(word for word, _ in pairs[:200])
    print("regex", len(re.findall(r"\b\w+ing\b", joined)), re.sub(r"(\w)\1", r"<\1\1>", joined)[:60])
    print("wrap", len(textwrap.wrap(joined, 40)), string.capwords("the quick brown fox"))
    longest = max(counts, key=lambda word: (len(word), word))
    print("longest", longest, longest[::-1], longest.encode().hex())
    print("unicode", "h\u00e9llo w\u00f6rld \u4f60\u597d".upper(), "\u00df".casefold(), len("\U0001f600"))


def number_part():
    print("ints", 2**200 % 1000007, math.factorial(30), pow(3, 1000, 10**9 + 7), -7 // 2, -7 % 3, math.isqrt(10**30))
    print("floats", 0.1 + 0.2, 1e308 * 10, float("nan") != float("nan"), math.fsum([0.1] * 10), round(2.675, 2))
    print("math", math.sin(1e6), math.exp(-700), math.log1p(1e-10), math.hypot(3, 4), math.gamma(5.5), math.atan2(-0.0, -1))
    decimal.getcontext().prec = 40
    print("decimal", decimal.Decimal(2).sqrt(), decimal.Decimal("1") / 7)
    print("fraction", sum((fractions.Fraction(1, n) for n in range(1, 15)), fractions.Fraction(0)))
    print("format", f"{math.pi:.3e} {12345678:,} {255:#010x} {0.000123:g} {1 / 3:.20f} {-5:+d} {'x':*^9}")
    print("complex", (1 + 2j) * (3 - 1j), abs(3 + 4j), complex(2, -0.0))
    print("hexfloat", (0.1).hex(), float.fromhex("0x1.8p3"), sys.float_info.max)


def container_part():
    heap = []
    for index in range(100):
        heapq.heappush(heap, Item(index * 37 % 101, f"item{index}"))
    print("heap", [heapq.heappop(heap).name for _ in range(5)], heap[0].shout())
    print("sets", sorted({n * n % 17 for n in range(50)}), sorted({1, 2, 3} ^ {3, 4}))
    ordered = collections.OrderedDict((key, key * 2) for key in "badce")
    ordered.move_to_end("a")
    print("ordered", list(ordered), dict(sorted(ordered.items())))
    sorted_numbers = sorted(n * 7919 % 1009 for n in range(300))
    print("bisect", bisect.bisect(sorted_numbers, 500), sorted_numbers[::60])
    print("itertools", ["".join(p) for p in itertools.permutations("abc")], list(itertools.accumulate(range(8))))
    ring = collections.deque(range(6), maxlen=4)
    ring.rotate(1)
    print("deque", list(ring), functools.reduce(operator.xor, range(100)))
    fibonacci = Matrix([[1, 1], [1, 0]]) ** 90
    print("matrix", fibonacci.rows[0][1])


@functools.lru_cache(maxsize=None)
def paths(x, y):
    return 1 if not x or not y else paths(x - 1, y) + paths(x, y - 1)


def binary_part():
    data = bytes(n * n % 251 for n in range(10000))
    print("hash", hashlib.sha256(data).hexdigest()[:32], hashlib.md5(data).hexdigest(), zlib.crc32(data))
    packed = zlib.compress(data, 9)
    print("zlib", zlib.decompress(packed) == data, zlib.adler32(data))
    record = struct.pack("<ihqd5s", -5, 300, 2**40, 2.5, b"abc")
    print("struct", record.hex(), struct.unpack("<ihqd5s", record))
    view = memoryview(bytearray(data))[100:200:7]
    print("view", bytes(view).hex(), int.from_bytes(data[:9], "big"))
    print("json", json.dumps(json.loads('{"b": [1, 2.50, null, true], "a": "\\u00e9\\n"}'), sort_keys=True, indent=1))


def file_part():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "data.txt")
        with open(path, "w", encoding="utf-8") as file:
            for n in range(1000):
                print(n, n**3, file=file)
        with open(path, encoding="utf-8") as file:
            file.seek(1000)
            file.readline()
            print("file", os.path.getsize(path), file.readline().split(), oct(os.stat(path).st_mode))
        os.symlink("data.txt", os.path.join(folder, "link"))
        os.rename(path, path + ".new")
        print("names", sorted(os.listdir(folder)), os.path.islink(os.path.join(folder, "link")))
        try:
            open(path, encoding="utf-8")
        except FileNotFoundError as error:
            print("error", error.errno, error.strerror)
    buffer = io.StringIO()
    print("x", 1, file=buffer, sep="-")
    print("buffer", repr(buffer.getvalue()))


def process_part():
    done = subprocess.run(["sort", "-r"], input="b\na\nc\n", capture_output=True, text=True, check=True)
    print("child", done.stdout.split(), subprocess.call(["false"]))
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(write_end, b"from the child")
        os._exit(9)
    os.close(write_end)
    print("fork", os.read(read_end, 100), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def thread_part():
    results = queue.Queue()
    lock = threading.Lock()
    total = 0

    def work(number):
        nonlocal total
        for n in range(200):
            with lock:
                total += n * number
        results.put(number * number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("threads", total, sorted(results.get() for _ in threads), threading.active_count())


def main():
    text_part(sys.argv[1])
    number_part()
    container_part()
    print("paths", paths(14, 16), paths.cache_info().hits)
    binary_part()
    file_part()
    process_part()
    thread_part()
    moment = datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.timezone.utc)
    print("date", moment.isoformat(), (moment + datetime.timedelta(days=366)).strftime("%A %d %B %Y %j"), moment.timestamp())
    generator = (n for n in range(10) if n % 3)
    print("generator", next(generator), list(generator), [*map(str, divmod(17, 5))])
    try:
        [].pop()
    except IndexError as error:
        print("exception", type(error).__name__, error)
    sys.exit(11)


if __name__ == "__main__":
    main()
