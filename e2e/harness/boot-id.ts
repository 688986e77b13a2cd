import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where Linux names the boot that it is in. */
const BOOT_ID = '/proc/sys/kernel/random/boot_id'

/** What stands before a command, so that it sees another boot: the id in this file. It keeps its process id. */
export function fakeBoot(file: string): readonly string[] {
  const script = `mount --bind "$0" ${BOOT_ID} && exec "$@"`
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, file]
}

/** Why no boot can be faked on this machine; false where it can. */
export function withoutFakeBoot(): string | false {
  const folder = mkdtempSync(join(tmpdir(), 'octopus-boot-'))
  try {
    const file = join(folder, 'boot')
    writeFileSync(file, 'fake\n')
    const [program = '', ...args] = fakeBoot(file)
    const { stdout } = spawnSync(program, [...args, 'cat', BOOT_ID], { encoding: 'utf8' })
    return stdout === 'fake\n' ? false : 'mounts of our own are not allowed here'
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
