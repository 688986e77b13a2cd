const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** "12 s ago", "in 3 min", "5 h ago", "2 days ago": short enough for a table's cell. `near` is said of this moment. */
export function relativeTime(at: number, now: number, near = 'just now'): string {
  const distance = Math.abs(at - now)
  if (distance < 2 * SECOND) return near
  const text = about(distance)
  return at > now ? `in ${text}` : `${text} ago`
}

function about(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`
  const days = Math.floor(ms / DAY)
  return days === 1 ? '1 day' : `${days} days`
}

/** A length of time with two units at most: "340 ms", "4.2 s", "3 min 10 s", "2 h 5 min". */
export function duration(ms: number): string {
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`
  if (ms < HOUR) return two(ms, MINUTE, 'min', SECOND, 's')
  if (ms < DAY) return two(ms, HOUR, 'h', MINUTE, 'min')
  return two(ms, DAY, 'd', HOUR, 'h')
}

function two(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small)
  return `${Math.floor(ms / large)} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`
}

/** The full local date and time with its zone, for the hover text. */
export function absoluteTime(at: number): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' })
}

/** Time of day with milliseconds, for lines of a log. */
export function clockTime(at: number): string {
  const date = new Date(at)
  const two = (value: number): string => String(value).padStart(2, '0')
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** What `<input type="datetime-local">` holds, as an instant; undefined when it is empty or no date. */
export function fromLocalInput(text: string): string | undefined {
  const at = text === '' ? Number.NaN : new Date(text).getTime()
  return Number.isNaN(at) ? undefined : new Date(at).toISOString()
}

/** An instant as `<input type="datetime-local">` holds it, to the second; empty for none. */
export function toLocalInput(at: string | null): string {
  if (at === null) return ''
  const date = new Date(at)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** The name of the zone that local times on this page are in, e.g. "Europe/Berlin". */
export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}
