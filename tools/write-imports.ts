// Part of npm run format: writes every import between our own files in the form that says its layer.
import { globSync, readFileSync, writeFileSync } from 'node:fs'

import { ROOT } from './root.ts'
import { isCode, parseSource, specifierFor } from './source-file.ts'

for (const path of globSync('packages/*/src/**/*.{ts,tsx}', { cwd: ROOT }).map((one) => one.replaceAll('\\', '/'))) {
  const before = readFileSync(ROOT + path, 'utf8')
  const after = rewrite(path, before)
  if (after === before) continue
  writeFileSync(ROOT + path, after)
  console.log(`Imports of ${path} are written as they should be.`)
}

function rewrite(path: string, text: string): string {
  let written = text
  // From the last to the first, so that the places of those before stay true.
  for (const { specifier, target, at } of parseSource(path, text).imports.toReversed()) {
    if (target === undefined || !isCode(target)) continue
    const right = specifierFor(path, target)
    if (right !== specifier) written = `${written.slice(0, at[0])}'${right}'${written.slice(at[1])}`
  }
  return written
}
