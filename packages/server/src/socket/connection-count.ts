import { sourceKey } from '@octopus/kit/source-key.ts'

/** How many connections there may be. Beyond any of these a new one is refused, and comes back later. */
export interface ConnectionLimits {
  readonly total: number
  /** Of one address: a whole company may come from one, through its proxy. */
  readonly perAddress: number
  /** Connections that have not shown who they are: they cost as much as others and are worth nothing yet. */
  readonly strangers: number
  readonly strangersPerAddress: number
}

/** The goal is 100,000 clients on one server; all of them reconnect at once after a restart. */
export const DEFAULT_LIMITS: ConnectionLimits = {
  total: 120_000,
  perAddress: 20_000,
  strangers: 5_000,
  strangersPerAddress: 1_000,
}

export interface ConnectionCount {
  hasRoom(address: string): boolean
  add(address: string): CountedConnection
}

export interface CountedConnection {
  /** It has shown who it is. */
  welcomed(): void
  gone(): void
  /** Aborted once it is known, or gone. */
  readonly known: AbortSignal
}

interface Counts {
  all: number
  strangers: number
}

export function connectionCount(limits: ConnectionLimits): ConnectionCount {
  const total: Counts = { all: 0, strangers: 0 }
  const byAddress = new Map<string, Counts>()
  return {
    hasRoom: (address) => {
      const own = byAddress.get(sourceKey(address)) ?? { all: 0, strangers: 0 }
      return (
        total.all < limits.total &&
        total.strangers < limits.strangers &&
        own.all < limits.perAddress &&
        own.strangers < limits.strangersPerAddress
      )
    },
    add: (address) => {
      const key = sourceKey(address)
      const own = byAddress.get(key) ?? { all: 0, strangers: 0 }
      byAddress.set(key, own)
      const known = new AbortController()
      const both = [total, own]
      for (const counts of both) {
        counts.all++
        counts.strangers++
      }
      let open = true
      const settle = (): void => {
        if (known.signal.aborted) return
        for (const counts of both) counts.strangers--
        known.abort()
      }
      return {
        known: known.signal,
        welcomed: settle,
        gone: () => {
          if (!open) return
          open = false
          settle()
          for (const counts of both) counts.all--
          if (own.all === 0) byAddress.delete(key)
        },
      }
    },
  }
}
