import { accountFor, removeAccount, type RunAs } from './account.ts'
import { changedCrontab } from './boot-files.ts'
import { chooseManager } from './choose-manager.ts'
import { InstallRefused } from './install-refused.ts'
import {
  type Installation,
  parseRecord,
  recordPathOf,
  recordText,
  type Scope,
  stateFolderOf,
  supervisedCommandOf,
} from './installation.ts'
import type { Machine } from './machine.ts'
import { type ServiceEntry, serviceEntry } from './service-entry.ts'
import { stopClient } from './stop-client.ts'

export interface InstallWish {
  readonly scope: Scope
  readonly folder: string
  readonly program: readonly string[]
  /** Where our supervisor's script lies. */
  readonly supervisor: string
  /** The account that it shall run as; null for the one that is usual. */
  readonly runAs: string | null
  /** The token's text; undefined when the client is enrolled already. */
  readonly token: string | undefined
  /** The address at which this PC reached the server; wins over the token's. */
  readonly server: string | undefined
}

/**
 * Enrols this PC if it is not enrolled yet, lets the system start the client at boot, and starts it. Done again, it
 * changes the program and keeps the identity.
 */
export async function installService(machine: Machine, wish: InstallWish): Promise<void> {
  const { scope, folder, program } = wish
  const before = readRecord(machine, folder)
  const runAs = await accountFor(machine, wish, before)
  const stateFolder = stateFolderOf(wish)
  const isNew = !machine.exists(stateFolder)
  await machine.makeOwnFolder(stateFolder, scope, runAs.account)
  if (before !== undefined) await stopOld(machine, wish, before)
  try {
    await enrolOnce(machine, wish, runAs)
  } catch (error) {
    // Nobody knows the key that was made: the machine stays as it was.
    if (isNew) {
      machine.remove(stateFolder)
      if (runAs.made) await removeAccount(machine, { account: runAs.name, accountMade: true })
    }
    throw error
  }

  const manager = chooseManager(await machine.bootFacts(scope))
  const installation: Installation = {
    scope,
    manager,
    folder,
    program,
    account: runAs.name,
    accountMade: runAs.made,
    lingerMade: manager === 'systemd-user' && before?.lingerMade === true,
  }
  const entry = entryOf(machine, installation, wish.supervisor)
  // The record first: whatever fails from here on, an uninstall knows what to take back.
  writeRecord(machine, installation)
  if (before !== undefined && before.manager !== manager) await removeEntry(machine, before, wish.supervisor)
  await writeEntry(machine, installation, entry)
  if (entry.supervised) {
    machine.startDetached(supervisedCommandOf(installation, wish.supervisor), runAs.account)
    machine.say('The client runs.')
  } else {
    machine.say('The client is installed as a service, and runs.')
  }
  machine.say(entry.words)
  if (manager === 'systemd-user') await linger(machine, installation)
  machine.say(`Its identity, log and settings: ${stateFolder}`)
  machine.say(`To remove it: ${[...program, 'uninstall'].join(' ')}`)
}

function writeRecord(machine: Machine, installation: Installation): void {
  machine.writeText({ path: recordPathOf(installation.folder), text: recordText(installation), mode: 0o644 })
}

export function readRecord(machine: Machine, folder: string): Installation | undefined {
  const text = machine.readText(recordPathOf(folder))
  if (text === undefined) return undefined
  const record = parseRecord(text, folder)
  if (record !== undefined) return record
  throw new InstallRefused(`${recordPathOf(folder)} is damaged. Remove it to install the client anew.`)
}

export function entryOf(machine: Machine, installation: Installation, supervisor: string): ServiceEntry {
  const { homeFolder, uid, userId } = machine
  return serviceEntry({ installation, homeFolder, uid, userId, supervisor })
}

/** Takes back what a manager was told and given. What is not there is no problem. */
export async function removeEntry(machine: Machine, installation: Installation, supervisor: string): Promise<void> {
  const entry = entryOf(machine, installation, supervisor)
  for (const command of [...entry.stop, ...entry.remove]) await machine.run(command)
  for (const { path } of entry.files) machine.remove(path)
  if (entry.crontabLine !== undefined) await changeCrontab(machine, installation, undefined)
  if (entry.files.length > 0) for (const command of entry.afterwards) await machine.run(command)
  // Last: where the account is signed out, its systemd ends with it.
  if (installation.lingerMade) await lingerNoMore(machine)
}

async function stopOld(machine: Machine, wish: InstallWish, before: Installation): Promise<void> {
  const left = await stopClient(machine, before, entryOf(machine, before, wish.supervisor))
  if (left.length > 0) {
    throw new InstallRefused(
      `The client that runs here could not be stopped (process ${left.join(', ')}). Run this as the account that installed it.`,
    )
  }
}

async function writeEntry(machine: Machine, installation: Installation, entry: ServiceEntry): Promise<void> {
  for (const file of entry.files) machine.writeText(file)
  if (entry.crontabLine !== undefined) await changeCrontab(machine, installation, entry.crontabLine)
  for (const command of entry.start) {
    const end = await machine.run(command)
    if (end.code !== 0) {
      throw new InstallRefused(`${command.join(' ')} failed (${end.code}): ${end.output.trim() || 'no word why'}.`)
    }
  }
}

async function changeCrontab(machine: Machine, installation: Installation, line: string | undefined): Promise<void> {
  const { code, output } = await machine.run(['crontab', '-l'])
  const text = changedCrontab(code === 0 ? output : '', installation, line)
  // A crontab without a line is no crontab: nothing of ours stays, not even an empty file.
  const end = text === '' ? await machine.run(['crontab', '-r']) : await machine.run(['crontab', '-'], { input: text })
  if (end.code !== 0 && line !== undefined) throw new InstallRefused(`crontab refused the line: ${end.output.trim()}`)
}

/** Enrols as the account that the client will run as, so that the key is that account's from its first byte. */
async function enrolOnce(machine: Machine, wish: InstallWish, { account }: RunAs): Promise<void> {
  const { program, token, server } = wish
  const stateFolder = stateFolderOf(wish)
  if (machine.exists(`${stateFolder}/identity.json`)) {
    machine.say('This PC is enrolled already and keeps its identity.')
    return
  }
  if (token === undefined) {
    throw new InstallRefused(
      'This PC is not enrolled, and no token was given. Make one on the dashboard (Clients, Connect a client) and run the line that it shows.',
    )
  }
  const tokenFile = `${stateFolder}/token`
  machine.writeText({ path: tokenFile, text: `${token.trim()}\n`, mode: 0o600, owner: account })
  try {
    const at = server === undefined ? [] : ['--server-url', server]
    const command = [...program, 'enroll', '--data-folder', stateFolder, '--token-file', tokenFile, ...at]
    const end = await machine.run(command, account === undefined ? {} : { as: account })
    if (end.code !== 0) throw new InstallRefused(enrolmentProblem(end.output))
    machine.say(end.output.trim())
  } finally {
    machine.remove(tokenFile)
  }
}

/** The program prints its log as JSON, and one sentence for people. */
function enrolmentProblem(output: string): string {
  const sentences = output.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('{'))
  return sentences.join('\n').replace(/^octopus client: /, '') || `The enrolment failed:\n${output.trim()}`
}

/** Without it an account's services end when it signs out. Not every system allows it without an administrator. */
async function linger(machine: Machine, installation: Installation): Promise<void> {
  const { output } = await machine.run(['loginctl', 'show-user', machine.userId, '--property=Linger'])
  if (!/^Linger=yes$/m.test(output)) {
    // Here, too, the record first. What was on before stays on at an uninstall.
    writeRecord(machine, { ...installation, lingerMade: true })
    const { code } = await machine.run(['loginctl', 'enable-linger'])
    if (code !== 0) {
      writeRecord(machine, { ...installation, lingerMade: false })
      machine.say(
        `It ends when you sign out. For a start at boot, an administrator runs: loginctl enable-linger ${machine.userId}`,
      )
      return
    }
  }
  machine.say('It also runs while you are signed out (loginctl enable-linger).')
}

async function lingerNoMore(machine: Machine): Promise<void> {
  const { code } = await machine.run(['loginctl', 'disable-linger'])
  machine.say(
    code === 0
      ? 'Services of your account end again when you sign out (loginctl disable-linger).'
      : `Services of your account still run while you are signed out. To end that, an administrator runs: loginctl disable-linger ${machine.userId}`,
  )
}
