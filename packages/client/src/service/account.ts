import { InstallRefused } from './install-refused.ts'
import { type Installation, isAccountName, type Scope, stateFolderOf } from './installation.ts'
import type { Account, Machine } from './machine.ts'

/** The account that a client of the whole machine runs as unless somebody names another: it may do nothing else. */
export const ACCOUNT_NAME = 'octopus-client'

/** Who the client runs as. */
export interface RunAs {
  /** Null: the account that installs, or on Windows the one that the system has for services. */
  readonly name: string | null
  readonly made: boolean
  readonly account: Account | undefined
}

interface AccountWish {
  readonly scope: Scope
  readonly folder: string
  readonly runAs: string | null
}

/**
 * Plugins can do what the client's account may do. So a client that root installs runs as an account of its own, which
 * is made if it is missing; who wants more names an account.
 */
export async function accountFor(
  machine: Machine,
  wish: AccountWish,
  before: Installation | undefined,
): Promise<RunAs> {
  const { scope, runAs } = wish
  if (machine.platform === 'win32' || scope === 'user') {
    if (runAs !== null) {
      throw new InstallRefused('--run-as is for clients of the whole machine on Linux and macOS. Leave it out.')
    }
    return { name: null, made: false, account: undefined }
  }
  if (machine.uid !== 0) {
    throw new InstallRefused(
      'Only root installs a client for the whole machine. Run this as root, or leave out --scope machine.',
    )
  }
  const name = runAs ?? before?.account ?? ACCOUNT_NAME
  if (!isAccountName(name)) throw new InstallRefused(`"${name}" is no name of an account. Correct --run-as.`)
  const found = await machine.account(name)
  if (found !== undefined) return { name, made: before?.account === name && before.accountMade, account: found }
  if (runAs !== null) throw new InstallRefused(`There is no account ${name}. Make it, or correct --run-as.`)
  return makeAccount(machine, wish, name)
}

async function makeAccount(machine: Machine, wish: AccountWish, name: string): Promise<RunAs> {
  const refused = new InstallRefused(
    `An account for the client could not be made here. Make one without rights and name it: --run-as ACCOUNT.`,
  )
  if (machine.platform !== 'linux') throw refused
  const home = stateFolderOf(wish)
  const ways = [
    [
      'useradd',
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      home,
      '--shell',
      '/usr/sbin/nologin',
      name,
    ],
    ['adduser', '-S', '-D', '-H', '-h', home, '-s', '/sbin/nologin', name],
  ]
  for (const command of ways) {
    const { code } = await machine.run(command)
    const account = code === 0 ? await machine.account(name) : undefined
    if (account === undefined) continue
    machine.say(`Made the account ${name}, without rights, which the client runs as.`)
    return { name, made: true, account }
  }
  throw refused
}

/** Removes an account that was made for the client. */
export async function removeAccount(
  machine: Machine,
  { account, accountMade }: Pick<Installation, 'account' | 'accountMade'>,
): Promise<void> {
  if (account === null || !accountMade) return
  const { code } = await machine.run(['userdel', account])
  if (code !== 0) await machine.run(['deluser', account])
}
