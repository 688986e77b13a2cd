/** What became of one test, or of one step of the check. */
export type Outcome =
  | { readonly end: 'passed'; readonly name: string }
  | { readonly end: 'failed'; readonly name: string; readonly reason: string }
  | { readonly end: 'skipped'; readonly name: string; readonly reason: string }

/** Exact names of tests that CI may leave out, each with the reason. */
export type AllowedOmissions = ReadonlyMap<string, string>

export const passed = (name: string): Outcome => ({ end: 'passed', name })
export const failed = (name: string, reason: string): Outcome => ({ end: 'failed', name, reason })
export const skipped = (name: string, reason: string): Outcome => ({ end: 'skipped', name, reason })

/** The last line of every run. CI reads it, so its form is fixed: a third number stands there only if it is not 0. */
export function totalLine(outcomes: readonly Outcome[]): string {
  const count = (end: Outcome['end']): number => outcomes.filter((one) => one.end === end).length
  const left = count('skipped')
  return `${count('passed')} passed, ${count('failed')} failed${left === 0 ? '' : `, ${left} skipped`}`
}

/** In CI a test that is left out silently is a failure: otherwise "all green" could mean "nothing ran". */
export function refuseOmissions(outcomes: readonly Outcome[], allowed: AllowedOmissions, where: string): Outcome[] {
  return outcomes.map((one) => {
    if (one.end !== 'skipped' || allowed.has(one.name)) return one
    const remedy = `Make it run here, or enter its exact name with a reason in ${where}.`
    return failed(one.name, `skipped in CI: ${one.reason}. ${remedy}`)
  })
}

/** Reads `{ "exact name": "reason" }`. */
export function parseAllowedOmissions(text: string, where: string): AllowedOmissions {
  const parsed: unknown = JSON.parse(text)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Error(`${where} must be one JSON object: { "exact name of the test": "why CI may leave it out" }.`)
  }
  return new Map(
    Object.entries(parsed).map(([name, reason]: [string, unknown]) => {
      if (typeof reason !== 'string' || reason.trim() === '') {
        throw new Error(`${where}: "${name}" needs its reason, a text that is not empty.`)
      }
      return [name, reason]
    }),
  )
}
