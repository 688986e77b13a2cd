import type { OctopusError } from '@octopus/protocol/errors.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import { ARGUMENT_BYTES_MAX, ARGUMENT_DEPTH_MAX } from '@octopus/protocol/limits.ts'
import type { Action } from '@octopus/protocol/rest/plugins.ts'

import { type Arguments, misfit } from '#plugins/fit-arguments.ts'

/** Arguments as values and as the text that arrived, which is what is stored. */
export interface GivenArguments extends Arguments {
  readonly argsJson: string
  readonly kwargsJson: string
}

/** Refuses arguments that are too much, that the action would not take, or that mean something else later. */
export function checkArguments(plugin: string, action: Action, given: GivenArguments): void {
  const bytes = Buffer.byteLength(given.argsJson) + Buffer.byteLength(given.kwargsJson)
  if (bytes > ARGUMENT_BYTES_MAX) throw refusal('ARGUMENTS_TOO_LARGE', { bytes, limitBytes: ARGUMENT_BYTES_MAX })
  if (deeperThan(given.args, ARGUMENT_DEPTH_MAX) || deeperThan(given.kwargs, ARGUMENT_DEPTH_MAX)) {
    throw wrong(plugin, action, `they are nested deeper than ${ARGUMENT_DEPTH_MAX} levels`)
  }
  const key = dollarKey(given.args) ?? dollarKey(given.kwargs)
  if (key !== undefined) {
    const reason = 'keys that begin with "$" will stand for secrets and parameters per user.'
    throw refusal('RESERVED_KEY', { key: key.slice(0, 100), reason })
  }
  const reason = misfit(action, given)
  if (reason !== undefined) throw wrong(plugin, action, `${reason.slice(0, 500)}.`)
}

function wrong(plugin: string, action: Action, reason: string): OctopusError {
  return refusal('INVALID_ARGUMENTS', { plugin, action: action.name, reason })
}

function deeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels <= 0 || Object.values(value).some((member) => deeperThan(member, levels - 1))
}

function dollarKey(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, member] of Object.entries(value)) {
    if (!Array.isArray(value) && key.startsWith('$')) return key
    const inside = dollarKey(member)
    if (inside !== undefined) return inside
  }
  return undefined
}
