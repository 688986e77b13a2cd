/**
 * JSON that is kept as the text that arrived: numbers beyond 2^53, `1.0` and `\u0000` survive, because nothing parses
 * and writes it again on the way.
 */
export class JsonText {
  readonly text: string

  /** The text must be JSON already: whoever stores it has parsed it once. */
  constructor(text: string) {
    this.text = text
  }
}

/** As `JSON.stringify`, with every `JsonText` put in as its own text. What JSON does not have is left out of objects. */
export function writeJson(value: unknown): string {
  if (value instanceof JsonText) return value.text
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map((item) => writeJson(item)).join(',')}]`
  const members: string[] = []
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${writeJson(member)}`)
  }
  return `{${members.join(',')}}`
}
