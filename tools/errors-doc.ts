import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { CATALOGUE } from '@octopus/protocol/errors.ts'

import { ROOT } from './root.ts'

// node tools/errors-doc.ts: writes docs/errors.md from the catalogue.

const HEAD = `# Errors

Every refusal of the API, made from [errors.ts](../packages/protocol/src/errors.ts) by \`node tools/errors-doc.ts\`; a
test holds the two together. An error is \`application/problem+json\`: \`code\` is for programs and never changes its
meaning, \`detail\` is for people and names the values, \`fields\` names each part of a request that does not fit.

| Code | Status | What it says |
|---|---|---|
`

/** The page: one line per code, ordered by status. */
export function errorsPage(): string {
  const lines = Object.entries(CATALOGUE)
    .sort(([a, { status: x }], [b, { status: y }]) => x - y || (a < b ? -1 : 1))
    .map(([code, { status, text }]) => `| \`${code}\` | ${status} | ${cell(text as (values: object) => string)} |`)
  return `${HEAD}${lines.join('\n')}\n`
}

/** The sentence with the names of its values in place of them. */
function cell(text: (values: object) => string): string {
  const names = new Proxy({}, { get: (_target, name) => `‹${String(name)}›` })
  return text(names).replaceAll('|', '\\|')
}

if (import.meta.main) writeFileSync(join(ROOT, 'docs/errors.md'), errorsPage())
