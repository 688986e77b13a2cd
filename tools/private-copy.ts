import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { ROOT } from './root.ts'
import { runCommand } from './run-command.ts'

/** npm links our own packages here; a copy must find its own. */
const OUR_PACKAGES = '@octopus'

/** Copies the checkout as it stands now, what is not committed too, into a new folder that runs by itself. */
export async function copyCheckout(to: string): Promise<void> {
  const list = await runCommand(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
  const files = list.output.split('\0').filter((file) => file !== '' && existsSync(join(ROOT, file)))
  if (list.code !== 0 || files.length === 0) throw new Error(`git ls-files gave no files: ${list.output.trim()}`)
  for (const file of files) {
    mkdirSync(dirname(join(to, file)), { recursive: true })
    cpSync(join(ROOT, file), join(to, file))
  }
  linkModules(to)
}

/** A copy of such a copy. */
export function copyAgain(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (path) => path !== join(from, 'node_modules') })
  linkModules(to)
}

/** Foreign packages are shared; ours are the copy's, or the tests would look at the checkout without the bug. */
function linkModules(folder: string): void {
  const [from, to] = [join(ROOT, 'node_modules'), join(folder, 'node_modules')]
  mkdirSync(join(to, OUR_PACKAGES), { recursive: true })
  for (const name of readdirSync(from)) if (name !== OUR_PACKAGES) symlinkSync(join(from, name), join(to, name))
  for (const name of readdirSync(join(from, OUR_PACKAGES))) {
    symlinkSync(join(folder, 'packages', name), join(to, OUR_PACKAGES, name))
  }
}
