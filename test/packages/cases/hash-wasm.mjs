// hash-wasm: every algorithm, at once and in pieces.
import * as hash from 'hash-wasm'

const bytes = (n, seed) => Uint8Array.from({ length: n }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 13) & 255)
const data = bytes(100_003, 1)
const salt = bytes(16, 2)
const password = 'correct horse'
const functions = Object.entries(hash)
const creatorOf = (name) => functions.find(([k]) => k.toLowerCase() === `create${name}`)?.[1]
const algorithms = functions.filter(([name]) => creatorOf(name) !== undefined)

export async function load() {
  await hash.md5('')
}

export async function task() {
  const results = {}
  for (const [name, digestOf] of algorithms) {
    results[name] = await digestOf(data)
    const hasher = await creatorOf(name)()
    hasher.init()
    for (let at = 0; at < data.length; at += 7919) hasher.update(data.subarray(at, at + 7919))
    const state = hasher.save()
    const digest = hasher.digest('hex')
    if (digest !== results[name]) throw new Error(`${name}: ${digest} in pieces, ${results[name]} at once`)
    results[`${name} state`] = hasher.load(state).digest('hex')
  }
  const hmac = await hash.createHMAC(hash.createSHA256(), salt)
  results.hmac = hmac.update(data).digest('hex')
  results.argon2id = await hash.argon2id({
    password,
    salt,
    parallelism: 1,
    iterations: 2,
    memorySize: 256,
    hashLength: 32,
  })
  results.argon2d = await hash.argon2d({
    password,
    salt,
    parallelism: 2,
    iterations: 1,
    memorySize: 128,
    hashLength: 16,
    outputType: 'encoded',
  })
  results.argon2i = await hash.argon2i({
    password,
    salt,
    parallelism: 1,
    iterations: 1,
    memorySize: 64,
    hashLength: 16,
  })
  results.bcrypt = await hash.bcrypt({ password, salt, costFactor: 5 })
  results.scrypt = await hash.scrypt({ password, salt, costFactor: 1024, blockSize: 8, parallelism: 1, hashLength: 32 })
  results.pbkdf2 = await hash.pbkdf2({
    password,
    salt,
    iterations: 100,
    hashLength: 32,
    hashFunction: hash.createSHA512(),
  })
  return results
}
