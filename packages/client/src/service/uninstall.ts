import { removeAccount } from './account.ts'
import { InstallRefused } from './install-refused.ts'
import { entryOf, readRecord, removeEntry } from './install-service.ts'
import { type Installation, recordPathOf, stateFolderOf } from './installation.ts'
import type { Machine } from './machine.ts'
import { stopClient } from './stop-client.ts'
import { removalMarkOf } from './windows-removal.ts'

export interface UninstallWish {
  readonly folder: string
  readonly supervisor: string
  /** Nobody is asked. */
  readonly yes: boolean
  /** Identity, journal and log stay, so that a later installation is the same client. */
  readonly keepState: boolean
}

/** Takes away all that an installation brought: entries at boot, processes, the account, files. */
export async function uninstall(machine: Machine, wish: UninstallWish): Promise<void> {
  const { folder } = wish
  const installation = readRecord(machine, folder)
  if (installation === undefined) {
    throw new InstallRefused(`No client is installed in ${folder}. Name its folder: --folder FOLDER.`)
  }
  if (installation.scope === 'machine' && machine.platform !== 'win32' && machine.uid !== 0) {
    throw new InstallRefused('This client belongs to the whole machine: run this as root.')
  }
  if (!wish.yes) await confirm(machine, wish)
  // A client that is asked to end says goodbye, so that the dashboard does not look for it.
  const left = await stopClient(machine, installation, entryOf(machine, installation, wish.supervisor))
  await removeEntry(machine, installation, wish.supervisor)
  if (left.length > 0) {
    throw new InstallRefused(
      `Process ${left.join(', ')} could not be ended. Nothing was removed but the start at boot.`,
    )
  }
  removeFiles(machine, installation, wish.keepState)
  if (!wish.keepState) await removeAccount(machine, installation)
  machine.say(
    wish.keepState
      ? `The client is removed. Its identity and log stay in ${stateFolderOf(installation)}.`
      : 'The client is removed, and its identity with it. Revoke it on the dashboard, where it stays in the list.',
  )
  if (machine.platform === 'win32') {
    machine.say(
      `Windows keeps a program while it runs: what is left in ${folder} goes some seconds after this command has ended.`,
    )
  }
}

/** Stops the client until its next start at boot or by hand: before its program is exchanged. */
export async function stopService(machine: Machine, wish: Pick<UninstallWish, 'folder' | 'supervisor'>): Promise<void> {
  const installation = readRecord(machine, wish.folder)
  if (installation === undefined) throw new InstallRefused(`No client is installed in ${wish.folder}.`)
  const left = await stopClient(machine, installation, entryOf(machine, installation, wish.supervisor))
  if (left.length > 0) throw new InstallRefused(`Process ${left.join(', ')} could not be ended.`)
}

async function confirm(machine: Machine, { folder, keepState }: UninstallWish): Promise<void> {
  const what = keepState ? 'the client' : 'the client with its identity'
  const answer = await machine.ask(`Remove ${what} in ${folder}? (yes/no) `)
  if (answer === undefined) throw new InstallRefused('There is no terminal to ask on. Say it with --yes.')
  if (!/^y(?:es)?$/i.test(answer.trim())) throw new InstallRefused('Nothing was removed.')
}

function removeFiles(machine: Machine, installation: Installation, keepState: boolean): void {
  const { folder } = installation
  if (!keepState) machine.remove(stateFolderOf(installation))
  for (const name of ['app.old', 'app.new']) machine.remove(`${folder}/${name}`)
  if (machine.platform === 'win32') {
    // The record stays as long as the program: if that cannot be removed, this can be done again.
    machine.writeText({ path: removalMarkOf(folder), text: '', mode: 0o644 })
    machine.removeProgramAfterwards(folder)
    return
  }
  machine.remove(`${folder}/app`)
  machine.remove(recordPathOf(folder))
  machine.removeIfEmpty(folder)
}
