-- Tables, closures, coroutines, string library, metatables, goto, integer and float arithmetic.
local t = {}
for i = 1, 3000 do t[i] = (i * 7919) % 3001 end
table.sort(t)
print(#t, t[1], t[1500], t[3000])
local function counter() local n = 0 return function() n = n + 1 return n end end
local c = counter() c() c()
print(c())
local co = coroutine.wrap(function(a) for i = 1, 3 do a = a + coroutine.yield(a * i) end return "done" end)
print(co(5), co(1), co(2), co(3))
print(("hello world"):gsub("o", "0"), ("%5.2f|%x|%q"):format(math.pi, 255, "a\nb"))
print(string.rep("ab", 3, "-"), ("key=value"):match("(%w+)=(%w+)"))
local V = setmetatable({}, {__call = function(_, x) return setmetatable({x = x}, {__add = function(a, b) return a.x + b.x end}) end})
print(V(3) + V(4))
print(7 // 2, -7 // 2, 7 % -3, 2^53, 1/0, -1/0, 0/0 ~= 0/0, 3 | 8, ~0, 1 << 62, math.maxinteger + 1 == math.mininteger)
print((pcall(function() error({code = 42}) end)), select(2, pcall(error, "msg", 0)))
print(select("#", table.unpack({1, nil, 3}, 1, 3)), tostring(1e15), 1e100, 0x1p-3)
local s = 0.0
for i = 1, 20000 do s = s + math.sin(i) * math.cos(i) / math.sqrt(i) end
print(string.format("%.10f", s))
print(os.time({year = 2020, month = 1, day = 1, hour = 12}), os.date("!%Y-%m-%d", 86400))
io.stderr:write("to stderr\n")
os.exit(4)
