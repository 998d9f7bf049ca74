-- Loops that LuaJIT turns into machine code, again and again: code written to pages that have just run.
local ffi = require("ffi")
local bit = require("bit")
ffi.cdef("int getpid(void);")
local sums = {}

local function sieve(n)
    local composite = ffi.new("uint8_t[?]", n + 1)
    local count = 0
    for i = 2, n do
        if composite[i] == 0 then
            count = count + 1
            for k = i * i, n, i do
                composite[k] = 1
            end
        end
    end
    return count
end

local function mandelbrot(size)
    local inside = 0
    for y = 0, size - 1 do
        for x = 0, size - 1 do
            local cr, ci, zr, zi, n = 2.0 * x / size - 1.5, 2.0 * y / size - 1.0, 0.0, 0.0, 0
            while n < 50 and zr * zr + zi * zi < 4.0 do
                zr, zi, n = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci, n + 1
            end
            inside = inside + (n == 50 and 1 or 0)
        end
    end
    return inside
end

local function words(n)
    local seen, list = {}, {}
    for i = 1, n do
        local key = ("k%d"):format(i * 7919 % 1013)
        seen[key] = (seen[key] or 0) + 1
    end
    for key, count in pairs(seen) do
        list[#list + 1] = key .. "=" .. count
    end
    table.sort(list)
    return #list, #table.concat(list, ",")
end

local function hash(n)
    local h = 0x811c9dc5
    for i = 1, n do
        h = bit.bxor(bit.rol(h, 5), i * 31 % 4093)
        h = bit.band(h + bit.rshift(h, 3), 0x7fffffff)
    end
    return h
end

local function generated(n)
    local sum = 0
    for i = 1, n do -- a function of its own each time, hot enough for a trace
        local fn = loadstring(("local s = 0 for k = 1, 200 do s = s + (k %% %d) * %d end return s"):format(i % 17 + 2, i))
        sum = sum + fn()
    end
    return sum
end

local function routines(n)
    local co = coroutine.wrap(function()
        local a, b = 0, 1
        while true do
            coroutine.yield(a)
            a, b = b, (a + b) % 1000007
        end
    end)
    local last
    for _ = 1, n do
        last = co()
    end
    return last
end

for round = 1, 3 do
    local count, length = words(20000)
    sums[round] = table.concat({ sieve(200000), mandelbrot(120), count, length, hash(500000), generated(300), routines(20000),
        tonumber(ffi.C.getpid() > 0 and 1 or 0) }, " ")
    if jit.status() then
        jit.flush() -- all machine code goes, the next round makes it anew
    end
end
print(jit.version, jit.arch, sums[1] == sums[2] and sums[2] == sums[3])
print(sums[1])
