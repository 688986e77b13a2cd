import type { BootFacts } from '#service/choose-manager.ts'
import type { Account, CommandEnd, Machine, NewFile } from '#service/machine.ts'

/** A machine in memory: what was written, run, started and said can be looked at. */
export interface FakeMachine extends Machine {
  readonly files: Map<string, NewFile>
  readonly commands: string[]
  readonly said: string[]
  /** Running processes by id, with the state folder that they work on. */
  readonly processes: Map<number, string>
  readonly accounts: Map<string, Account>
  crontab: string | undefined
  /** The account's services run while it is signed out. */
  lingers: boolean
  /** What a program answers, by the beginning of its command line; else it succeeds without a word. */
  readonly answers: Map<string, CommandEnd>
  /** What a person answers. */
  reply: string | undefined
  /** Processes do not end when they are asked to. */
  stubborn: boolean
  /** The program that runs now. On Windows nobody can delete it before it ended. */
  running: string | undefined
  /** It ends; what was to be done then is done. */
  end(): void
}

interface Wish {
  readonly platform?: NodeJS.Platform
  readonly uid?: number
  readonly boot?: Partial<BootFacts>
  readonly env?: Readonly<Record<string, string>>
}

export function createFakeMachine({ platform = 'linux', uid = 1_000, boot = {}, env = {} }: Wish = {}): FakeMachine {
  const files = new Map<string, NewFile>()
  const commands: string[] = []
  const said: string[] = []
  const processes = new Map<number, string>()
  const accounts = new Map<string, Account>()
  const below = (path: string) => (name: string) => name === path || name.startsWith(`${path}/`)
  const write = (file: NewFile): void => void files.set(file.path, file)
  const stateIn = (command: readonly string[]): string => command[command.indexOf('--data-folder') + 1] ?? ''
  let pids = 100
  const afterwards: string[] = []
  const machine: FakeMachine = {
    files,
    commands,
    said,
    processes,
    accounts,
    crontab: undefined,
    lingers: false,
    answers: new Map(),
    reply: undefined,
    stubborn: false,
    running: undefined,
    end: () => {
      machine.running = undefined
      for (const folder of afterwards) {
        for (const path of [`${folder}/app`, `${folder}/installed.json`]) machine.remove(path)
        machine.removeIfEmpty(folder)
      }
    },
    platform,
    env,
    uid,
    homeFolder: '/home/ann',
    userId: platform === 'win32' ? 'PC\\ann' : 'ann',
    ownPids: [1],
    run: async (command, { input, as } = {}) => {
      const line = command.join(' ')
      commands.push(as === undefined ? line : `${line} (as ${as.uid})`)
      const [, answer] = [...machine.answers].find(([begin]) => line.startsWith(begin)) ?? []
      if (answer !== undefined) return answer
      if (line === 'crontab -l') {
        return { code: machine.crontab === undefined ? 1 : 0, output: machine.crontab ?? 'no crontab for ann' }
      }
      if (line === 'loginctl show-user ann --property=Linger') {
        return { code: 0, output: `Linger=${machine.lingers ? 'yes' : 'no'}\n` }
      }
      if (line === 'loginctl enable-linger') machine.lingers = true
      if (line === 'loginctl disable-linger') machine.lingers = false
      if (line === 'crontab -') machine.crontab = input
      if (line === 'crontab -r') machine.crontab = undefined
      if (command[0] === 'useradd') accounts.set(command.at(-1) ?? '', { uid: 990, gid: 990 })
      if (command[0] === 'userdel') accounts.delete(command.at(-1) ?? '')
      if (command.includes('enroll')) write({ path: `${stateIn(command)}/identity.json`, text: '{}', mode: 0o600 })
      return { code: 0, output: command.includes('enroll') ? 'Enrolled.\n' : '' }
    },
    startDetached: (command, as) => {
      commands.push(`start ${command.join(' ')}${as === undefined ? '' : ` (as ${as.uid})`}`)
      processes.set(++pids, stateIn(command))
    },
    bootFacts: async (scope) => ({
      platform,
      scope,
      systemd: false,
      userSystemd: false,
      initScripts: false,
      cronFolder: false,
      crontab: false,
      ...boot,
    }),
    account: async (name) => accounts.get(name),
    readText: (path) => files.get(path)?.text,
    writeText: write,
    makeOwnFolder: async (path, _scope, owner) => write({ path, text: '', mode: 0o700, owner }),
    remove: (path) => {
      const { running } = machine
      if (platform === 'win32' && running !== undefined && below(path)(running)) {
        throw new Error(`EPERM: operation not permitted, unlink '${running}'`)
      }
      for (const name of [...files.keys()].filter(below(path))) files.delete(name)
    },
    removeProgramAfterwards: (folder) => void afterwards.push(folder),
    removeIfEmpty: (path) => void commands.push(`rmdir ${path}`),
    exists: (path) => [...files.keys()].some(below(path)),
    processesOn: async (folder) => [...processes].flatMap(([pid, of]) => (of === folder ? [pid] : [])),
    signal: (pid, signal) => {
      commands.push(`${signal} ${pid}`)
      if (!machine.stubborn || signal === 'SIGKILL') processes.delete(pid)
      return true
    },
    wait: async () => {},
    say: (line) => void said.push(line),
    ask: async () => machine.reply,
  }
  return machine
}
