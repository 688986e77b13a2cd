import { randomBytes } from 'node:crypto'

/** The only source of randomness: secrets, jitter and random choices all come from here. */
export interface Random {
  /** Uniform bytes, fit for secrets when they come from the system. */
  bytes(count: number): Buffer
  /** Uniform in [0, 1). */
  fraction(): number
}

/** Bytes asked of the system at once for small wishes: asking costs far more than what is got. */
const POOL_BYTES = 4_096
const SMALL_BYTES_MAX = 64

/** The operating system's randomness, fit for keys and tokens. No byte is given twice. */
export function createSystemRandom(): Random {
  let pool = Buffer.alloc(0)
  return {
    bytes: (count) => {
      if (count > SMALL_BYTES_MAX) return randomBytes(count)
      if (pool.length < count) pool = randomBytes(POOL_BYTES)
      // A copy, and nothing left behind: what was given is nobody else's.
      const given = Buffer.from(pool.subarray(0, count))
      pool.fill(0, 0, count)
      pool = pool.subarray(count)
      return given
    },
    fraction: () => Math.random(),
  }
}

/**
 * The same numbers for the same seed, for tests and the simulator. Not fit for secrets.
 * Generator: mulberry32 (Tommy Ettinger, 2017, public domain).
 */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  return {
    bytes: (count) => {
      const bytes = Buffer.alloc(count)
      for (let i = 0; i < count; i++) bytes[i] = next() & 0xff
      return bytes
    },
    fraction: () => next() / 0x1_0000_0000,
  }
}

/** A uniform whole number in [0, below). */
export function pickIndex(random: Random, below: number): number {
  return Math.min(below - 1, Math.floor(random.fraction() * below))
}

/** A secret as URL-safe text: 32 bytes by default, 256 bits. */
export function secretText(random: Random, byteCount = 32): string {
  return random.bytes(byteCount).toString('base64url')
}
