import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { ScriptName } from './install-script.ts'

/** The scripts lie beside this file, as they are read by people. */
export function readTemplates(): Readonly<Record<ScriptName, string>> {
  const read = (name: ScriptName): string =>
    readFileSync(join(import.meta.dirname, name), 'utf8').replaceAll('\r\n', '\n')
  return { 'install.sh': read('install.sh'), 'install.ps1': read('install.ps1') }
}
