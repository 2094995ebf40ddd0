-- Run by lua_script.c.
local function fibonacci(n) if n < 2 then return n end return fibonacci(n - 1) + fibonacci(n - 2) end
print("fibonacci", fibonacci(20))

local words = {}
for word in ("the quick brown fox jumps over the lazy dog"):gmatch("%a+") do words[#words + 1] = word end
table.sort(words, function(a, b) if #a ~= #b then return #a < #b end return a < b end)
print(table.concat(words, " "))

print(select(2, pcall(function() error({code = 7}) end)).code)
print(select(2, pcall(error, "message")))
print(pcall(function() local x = nil; return x.y end))
print(pcall(string.rep))
local ok, trace = xpcall(function() error("deep", 2) end, function(e) return "handled: " .. tostring(e) end)
print(ok, trace)
local depth = 0
local function forever() depth = depth + 1; return 1 + forever() end
print((pcall(forever)), depth > 100)

local co = coroutine.wrap(function(a) for i = 1, 3 do a = a + coroutine.yield(a * i) end return "done" end)
print(co(1), co(10), co(100), co(1000))
print(coroutine.resume(coroutine.create(function() error("inside") end)))

local class = setmetatable({}, {__call = function(self, x) return setmetatable({x = x}, self) end})
class.__index = class
class.__add = function(a, b) return class(a.x + b.x) end
class.__tostring = function(a) return "object " .. a.x end
class.__close = function(a) print("closing " .. tostring(a)) end
print(tostring(class(1) + class(41)))
do local held <close> = class(5); print("in the block") end

print(string.format("%5.2f|%-5s|%05d|%q|%x", 3.14159, "ab", 42, 'a "quote"', 255))
print(("%d"):rep(3, ","):format(1, 2, 3), ("abc"):byte(1, -1))
print(math.type(3), math.type(3.0), 7 // 2, -7 // 2, 7 % -3, 2 ^ 10, 1 << 40, math.maxinteger + 1 == math.mininteger)
print(#"größe", utf8.len("größe"), utf8.char(128578))
print(string.pack("<i4z", 7, "x"):byte(1, -1))

local path = "/tmp/lua.txt"
local file = assert(io.open(path, "w"))
file:write("first\n", 2, "\n", 3.5, "\n")
file:close()
for line in io.lines(path) do io.write("[", line, "]") end
print()
print(io.open("/tmp/none.txt"))
print(os.rename(path, path .. "2"), os.remove(path .. "2"), os.remove(path))
print(os.date("!%Y-%m-%d %H:%M:%S", 1000000000), type(os.time()), os.getenv("NOT_SET"))

if host_add then
  print(host_add(40, 2), pcall(host_add, "x", 1))
  print(pcall(host_refuse, "please"))
  host_twice(function(i) print("called back", i) end)
  print(pcall(host_twice, function(i) if i == 1 then error("from the callback", 0) end end))
end

local sum = 0
for i = 1, 200000 do sum = sum + #tostring(i % 1000) end
collectgarbage()
print(sum, collectgarbage("count") < 10000)
return 99
