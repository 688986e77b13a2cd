import type { Language } from '@octopus/protocol/work.ts'

/** The programs of ours in which plugins run: one in Python, one in JavaScript, which runs scripts too. */
export const RUNNER_KINDS = ['python', 'node'] as const
export type RunnerKind = (typeof RUNNER_KINDS)[number]

export function kindOf(language: Language): RunnerKind {
  return language === 'python' ? 'python' : 'node'
}
