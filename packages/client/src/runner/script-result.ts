import type { LastLine } from './last-line.ts'
import type { RunnerResult, ScriptEnd } from './messages.ts'
import { cutJsonString } from './utf8.ts'

type Line = ReturnType<LastLine['read']>

/** Of what a script said last on standard error so much is its reason. */
const REASON_CHARACTERS_MAX = 2_000

/** Pure: what came of a script: its last line is its value, its exit code says whether it succeeded. */
export function scriptResult(end: ScriptEnd, output: Line, errors: Line, valueMax: number): RunnerResult {
  const { skipped, remains } = end
  const told = valueOf(output, valueMax)
  const base = { type: 'result', skipped, remains, ...told } as const
  const failed = (reason: RunnerResult['reason'], message: string): RunnerResult => ({
    ...base,
    end: 'failed',
    reason,
    error: { message, type: '', stack: '' },
  })
  if (end.failed !== null) return { ...failed(end.missing ? 'runtime-missing' : 'exception', end.failed), ...NO_VALUE }
  const said = errors.text === '' ? '' : ` ${errors.text.slice(0, REASON_CHARACTERS_MAX).toWellFormed()}`
  if (end.signal !== null) return failed('crashed', `The script was ended by ${end.signal}.${said}`)
  if (end.code !== 0) return failed('exception', `The script ended with exit code ${end.code}.${said}`)
  const statusError = told.kind === 'json' ? errorIn(told.value) : undefined
  if (statusError !== undefined) return failed('status-error', statusError)
  return { ...base, end: 'succeeded', reason: 'finished', error: null }
}

const NO_VALUE = { value: null, kind: 'json', cut: false } as const

function valueOf({ text, cut }: Line, valueMax: number): Pick<RunnerResult, 'value' | 'kind' | 'cut'> {
  if (text === '') return { value: 'null', kind: 'json', cut: false }
  if (!cut && isJson(text) && Buffer.byteLength(text) <= valueMax) return { value: text, kind: 'json', cut: false }
  const whole = JSON.stringify(text.toWellFormed())
  if (!cut && Buffer.byteLength(whole) <= valueMax) return { value: whole, kind: 'text', cut: false }
  return { value: cutJsonString(text, valueMax), kind: 'text', cut: true }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return text.isWellFormed()
  } catch {
    return false
  }
}

function errorIn(json: string | null): string | undefined {
  const value: unknown = JSON.parse(json ?? 'null')
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Record<string, unknown>
  if (fields['status'] !== 'error') return undefined
  const said = fields['message'] ?? fields['error'] ?? 'The script answered with the status "error".'
  const message = typeof said === 'string' ? said : JSON.stringify(said)
  return message.slice(0, 16_384).toWellFormed()
}
