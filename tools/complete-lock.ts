// npm run lock: after `npm install`, name the binaries of all platforms in package-lock.json again.
import { readFileSync, writeFileSync } from 'node:fs'

import { missingBinaries, type LockEntries } from './lock-file.ts'
import { ROOT } from './root.ts'

const path = `${ROOT}package-lock.json`
const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: LockEntries }
const missing = missingBinaries(lock.packages)
const packages = { ...lock.packages, ...Object.fromEntries(missing.map(({ path: at, entry }) => [at, entry])) }
const sorted = Object.fromEntries(Object.entries(packages).toSorted(([a], [b]) => a.localeCompare(b, 'en')))
writeFileSync(path, `${JSON.stringify({ ...lock, packages: sorted }, undefined, 2)}\n`)
console.log(`Added ${missing.length} binaries of other platforms to package-lock.json.`)
