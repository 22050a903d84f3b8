// wasmoon: Lua with coroutines, tables, string patterns and calls to and from JavaScript.
import { LuaFactory } from 'wasmoon'

export const load = () => new LuaFactory().createEngine()

const PROGRAM = `
  local sieve, primes = {}, {}
  for i = 2, 5000 do if not sieve[i] then primes[#primes + 1] = i; for j = i * i, 5000, i do sieve[j] = true end end end
  local co = coroutine.wrap(function () for i = 1, 3 do coroutine.yield(i * 1.5) end end)
  local words = {}
  for w in ("the quick brown fox"):gmatch("%a+") do words[#words + 1] = w:upper():reverse() end
  table.sort(words)
  local ok, err = pcall(function () error({ code = 7 }) end)
  return table.concat({ #primes, primes[#primes], co(), co(), table.concat(words, "-"), add(40, 2), tostring(ok), err.code,
    string.format("%5.2f|%x|%q", math.pi, 255, "a\\nb"), 7 // 2, 2^53, 1 << 62, #string.rep("ab", 1000) }, " ")`

export async function task(lua) {
  lua.global.set('add', (a, b) => a + b)
  const text = await lua.doString(PROGRAM)
  await lua.doString('function area(t) return t.w * t.h end')
  return { text, area: lua.global.get('area')({ w: 3, h: 4 }) }
}
