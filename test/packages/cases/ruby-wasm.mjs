// @ruby/3.4-wasm-wasi: CRuby with its standard library.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { DefaultRubyVM } from '@ruby/wasm-wasi/dist/node'

export async function load() {
  const path = createRequire(import.meta.url).resolve('@ruby/3.4-wasm-wasi/dist/ruby+stdlib.wasm')
  const module = await WebAssembly.compile(readFileSync(path))
  return DefaultRubyVM(module)
}

const PROGRAM = `
  require 'json'; require 'set'; require 'digest'
  Point = Struct.new(:x, :y) do
    include Comparable
    def <=>(o) = [x, y] <=> [o.x, o.y]
  end unless defined?(Point)
  primes = (2..3000).select { |n| (2..Integer.sqrt(n)).none? { |d| (n % d).zero? } }
  fiber = Fiber.new { 3.times { |i| Fiber.yield i * 1.5 }; :end }
  error = begin; Integer('x'); rescue ArgumentError => e; e.message; end
  shape = case { kind: :circle, r: 2.0 }
  in { kind: :circle, r: Float => r } then Math::PI * r**2
  end
  JSON.generate([RUBY_VERSION, primes.size, primes.last, [Point.new(2, 1), Point.new(1, 5)].min.to_a, 2**200, 10.0 / 3, 7.fdiv(2), fiber.resume, fiber.resume, error, shape,
    "hello world".gsub(/o(.)?/) { "<#{$1}>" }, %w[b a c].each_with_index.to_a, Set[1, 2, 2].size, Digest::SHA256.hexdigest("x" * 1000),
    "héllo".unpack('U*'), [3, 1, 2].sort.lazy.map { _1 * 2 }.first(2), 255.to_s(16), format('%.10e', 1e-7), 1.1r.to_s, Time.at(0).utc.iso8601])
`

export const task = ({ vm }) => vm.eval(`require 'time'; ${PROGRAM}`).toString()
