import { sha256Hex } from '@octopus/kit/checksum.ts'

/**
 * A mark that a process cannot drop by emptying its environment and leaving group and session: a number that only the
 * kernel hands on, from parent to child. Linux does nothing at all with the limit of the resident set (since 2.4.30),
 * but inherits it and shows it in `/proc`. So a runner sets that limit to a number of its own, which is far above any
 * memory: two bits that make it ours, 31 for the client, 31 for the runner.
 */
const OURS = 0b01n << 62n
const BITS = 31n
const MASK = (1n << BITS) - 1n

/** Pure: the number of one runner, whose mark is `client/id`. */
export function inheritedMark(runner: string): bigint {
  const [client = ''] = runner.split('/')
  return OURS | (bitsOf(client) << BITS) | bitsOf(runner)
}

/** Pure: whether the number is that of a runner of this client. */
export function isOfClient(mark: bigint, client: string): boolean {
  return mark >> BITS === (OURS >> BITS) + bitsOf(client)
}

/** Pure: the number in `/proc/<pid>/limits`, if it is one of ours. */
export function readInheritedMark(limits: string): bigint | undefined {
  const text = /^Max resident set +(\d+) /m.exec(limits)?.[1]
  const mark = text === undefined ? 0n : BigInt(text)
  return mark >> 62n === OURS >> 62n ? mark : undefined
}

function bitsOf(text: string): bigint {
  return BigInt(`0x${sha256Hex(text).slice(0, 8)}`) & MASK
}
