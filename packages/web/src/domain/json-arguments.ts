/** What an action is called with. */
export interface Arguments {
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Arguments written as JSON: `{"args": […], "kwargs": {…}}`, or only the keyword arguments. */
export function argumentsFromJson(text: string): { value: Arguments } | { problem: string } {
  let value: unknown
  try {
    value = text.trim() === '' ? {} : JSON.parse(text)
  } catch (error) {
    return { problem: `is not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
  if (!isObject(value)) return { problem: 'must be an object: {"args": [], "kwargs": {}}' }
  const other = Object.keys(value).find((key) => key !== 'args' && key !== 'kwargs')
  if (other !== undefined) return { problem: `has "${other}", but only "args" and "kwargs" belong here` }
  const { args = [], kwargs = {} } = value
  if (!Array.isArray(args)) return { problem: '"args" must be a list' }
  if (!isObject(kwargs)) return { problem: '"kwargs" must be an object' }
  return { value: { args, kwargs } }
}
