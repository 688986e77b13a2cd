import { argon2, type Argon2Parameters, timingSafeEqual } from 'node:crypto'

import type { Random } from '@octopus/kit/random.ts'
import { refusal } from '@octopus/protocol/errors.ts'

/** Passwords are kept as what this makes of them, and as nothing else. */
export interface PasswordHash {
  /** A text that holds the hash, its salt and its parameters. */
  hash(password: string): Promise<string>
  /** Whether the password made this hash. Without a hash (no such user, or no password) it works as long, and says no. */
  verify(password: string, hash: string | null): Promise<boolean>
}

export interface PasswordCost {
  readonly memoryKiB: number
  readonly passes: number
}

/** OWASP's recommendation for argon2id (19 MiB, 2 passes): about 50 ms, which a person does not notice. */
export const PASSWORD_COST: PasswordCost = { memoryKiB: 19_456, passes: 2 }
/** More at once would keep files and other work of the thread pool (4 threads) waiting. */
const AT_ONCE_MAX = 2
/** More waiting than this is an attack: refused at once rather than answered in a minute. */
const WAITING_MAX = 40
const SALT_BYTES = 16
const HASH_BYTES = 32

export function createPasswordHash(random: Random, cost: PasswordCost = PASSWORD_COST): PasswordHash {
  const inTurn = createTurns()
  const derive = (password: string, salt: Buffer, { memoryKiB, passes }: PasswordCost): Promise<Buffer> => {
    const parameters: Argon2Parameters = {
      message: Buffer.from(password.normalize('NFKC')),
      nonce: salt,
      parallelism: 1,
      tagLength: HASH_BYTES,
      memory: memoryKiB,
      passes,
    }
    return inTurn(
      () =>
        new Promise((resolve, reject) => {
          argon2('argon2id', parameters, (error, key) => (error ? reject(error) : resolve(key)))
        }),
    )
  }
  return {
    hash: async (password) => {
      const salt = random.bytes(SALT_BYTES)
      return format(cost, salt, await derive(password, salt, cost))
    },
    verify: async (password, hash) => {
      const stored = hash === null ? undefined : parse(hash)
      const used = stored ?? { cost, salt: Buffer.alloc(SALT_BYTES), key: Buffer.alloc(HASH_BYTES) }
      const key = await derive(password, used.salt, used.cost)
      return timingSafeEqual(key, used.key) && stored !== undefined
    },
  }
}

interface Stored {
  readonly cost: PasswordCost
  readonly salt: Buffer
  readonly key: Buffer
}

/** The usual form ("PHC string"), so that other programs can read it and a later cost can stand beside this one. */
function format({ memoryKiB, passes }: PasswordCost, salt: Buffer, key: Buffer): string {
  const plain = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=1$${plain(salt)}$${plain(key)}`
}

function parse(text: string): Stored | undefined {
  const match = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=1\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(text)
  if (!match) return undefined
  const [, memory = '', passes = '', salt = '', key = ''] = match
  const stored = {
    cost: { memoryKiB: Number(memory), passes: Number(passes) },
    salt: Buffer.from(salt, 'base64'),
    key: Buffer.from(key, 'base64'),
  }
  return stored.key.length === HASH_BYTES ? stored : undefined
}

/** Some at a time, the others in the order in which they came. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running >= AT_ONCE_MAX) {
      if (waiting.length >= WAITING_MAX) throw refusal('TOO_MANY_REQUESTS', { seconds: 3 })
      // Who ends hands his place on.
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else {
      running++
    }
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
