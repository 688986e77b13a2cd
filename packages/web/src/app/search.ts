/** Reads filters from the URL: what is not one of the allowed words counts as not set. */
export function oneOf<const T extends readonly string[]>(words: T, value: unknown): T[number] | undefined {
  return words.find((word) => word === value)
}

/** A text from the URL, cut to what the API takes. */
export function textOf(value: unknown, lengthMax = 64): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value.slice(0, lengthMax) : undefined
}

/** An instant from the URL, as the API takes it. */
export function instantOf(value: unknown): string | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : new Date(at).toISOString()
}

/** Only a path of this dashboard may be gone to after signing in: never another site. */
export function ownPath(value: unknown): string | undefined {
  return typeof value === 'string' && /^\/(?![/\\])/.test(value) ? value : undefined
}

/** Filters may be left out of a link. */
export function filters<T extends object>(read: (search: Record<string, unknown>) => T) {
  return (search: Record<string, unknown>): { [K in keyof T]?: T[K] } => read(search)
}
