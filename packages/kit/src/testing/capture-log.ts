import type { Log, LogFields } from '#log.ts'

export interface CapturedLine {
  readonly level: keyof Log
  readonly event: string
  readonly fields: LogFields
}

/** Remembers what was said, for tests that look at it. */
export interface CapturedLog extends Log {
  readonly lines: CapturedLine[]
  events(): readonly string[]
}

export function createCapturedLog(): CapturedLog {
  const lines: CapturedLine[] = []
  const at =
    (level: keyof Log) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, fields })
  return {
    lines,
    events: () => lines.map((line) => line.event),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  }
}
