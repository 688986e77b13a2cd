const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/**
 * The filter "last 24 h" as the instant the API wants, on the minute: a query key that changed with every drawing would
 * be read for ever.
 */
export function sinceOf(last: '24h' | undefined, now: number): { readonly from?: string } {
  if (last === undefined) return {}
  return { from: new Date(Math.floor((now - DAY_MS) / MINUTE_MS) * MINUTE_MS).toISOString() }
}
