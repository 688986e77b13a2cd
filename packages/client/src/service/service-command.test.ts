import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createFakeMachine, type FakeMachine } from '#service/testing/fake-machine.ts'

import { parseRecord } from './installation.ts'
import { type OwnProgram, runServiceCommand, type ServiceCommand } from './service-command.ts'

const TOKEN = 'octo1.c2VjcmV0'
const FOLDER = '/home/ann/.local/share/octopus-client'
const own = (folder: string): OwnProgram => ({
  program: [`${folder}/app/octopus-client`],
  supervisor: `${folder}/app/supervise.sh`,
  folder,
})
const call = (machine: FakeMachine, command: ServiceCommand, argv: string[] = [], folder = FOLDER): Promise<void> =>
  runServiceCommand(
    { machine, own: own(folder), readGiven: (path) => (path === '/token' ? `${TOKEN}\n` : undefined) },
    command,
    argv,
  )
const install = (machine: FakeMachine, folder = FOLDER): Promise<void> =>
  call(machine, 'install-service', ['--token-file', '/token'], folder)
/** What an installation script did before: the program lies there, and runs. */
function unpack(machine: FakeMachine, folder: string): void {
  machine.running = `${folder}/app/bin/node`
  machine.writeText({ path: machine.running, text: '', mode: 0o755 })
}
const root = { uid: 0 }
const MACHINE = '/opt/octopus-client'

describe('installing for one account', () => {
  it('enrols with the token in a file of its own, which is gone afterwards, and never on a command line', async () => {
    const machine = createFakeMachine({ boot: { crontab: true } })
    await install(machine)
    const enrol = machine.commands.find((line) => line.includes(' enroll '))
    assert.equal(
      enrol,
      `${FOLDER}/app/octopus-client enroll --data-folder ${FOLDER}/state --token-file ${FOLDER}/state/token`,
    )
    assert.ok(!machine.exists(`${FOLDER}/state/token`))
    assert.ok(machine.commands.every((line) => !line.includes(TOKEN)))
    assert.equal(machine.files.get(`${FOLDER}/state`)?.mode, 0o700)
  })

  it('with cron adds one line and starts the supervisor, however often', async () => {
    const machine = createFakeMachine({ boot: { crontab: true } })
    machine.crontab = '0 3 * * * backup\n'
    await install(machine)
    await install(machine)
    assert.equal(machine.crontab?.match(/@reboot/g)?.length, 1)
    assert.match(machine.crontab ?? '', /^0 3 \* \* \* backup\n@reboot /)
    assert.equal(machine.processes.size, 1, 'the first one was ended')
    assert.equal(machine.commands.filter((line) => line.includes(' enroll ')).length, 1, 'it is the same client')
    assert.ok(machine.said.some((line) => line.includes('keeps its identity')))
  })

  it('with a systemd of its own writes a unit, starts it, and says when it ends', async () => {
    const machine = createFakeMachine({ boot: { userSystemd: true } })
    machine.answers.set('loginctl enable-linger', { code: 1, output: 'Access denied' })
    await install(machine)
    assert.ok(machine.files.has('/home/ann/.config/systemd/user/octopus-client.service'))
    assert.ok(machine.commands.includes('systemctl --user enable octopus-client'))
    assert.ok(machine.commands.includes('systemctl --user restart octopus-client'))
    assert.equal(machine.processes.size, 0)
    assert.ok(machine.said.some((line) => line.includes('loginctl enable-linger ann')))
  })

  it('with nothing starts it, and says loudly what will not happen', async () => {
    const machine = createFakeMachine()
    await install(machine)
    assert.equal(machine.processes.size, 1)
    assert.ok(machine.said.some((line) => line.includes('NOBODY STARTS IT AFTER A REBOOT')))
  })

  it('that moves from cron to systemd takes the line back', async () => {
    const first = createFakeMachine({ boot: { crontab: true } })
    await install(first)
    const later = createFakeMachine({ boot: { crontab: true, userSystemd: true } })
    for (const file of first.files.values()) later.writeText(file)
    later.crontab = first.crontab
    await install(later)
    assert.equal(later.crontab, undefined)
  })

  it('that moves from systemd to cron lingers no longer', async () => {
    const first = createFakeMachine({ boot: { userSystemd: true } })
    await install(first)
    const later = createFakeMachine({ boot: { crontab: true } })
    for (const file of first.files.values()) later.writeText(file)
    later.lingers = first.lingers
    await install(later)
    assert.equal(later.lingers, false)
  })

  it('on Windows hands a task to the Task Scheduler, in its own encoding', async () => {
    const machine = createFakeMachine({ platform: 'win32', uid: -1 })
    const folder = 'C:/Users/ann/AppData/Local/OctopusClient'
    await install(machine, folder)
    assert.equal(machine.files.get(`${folder}/task.xml`)?.encoding, 'utf16le')
    assert.ok(
      machine.commands.some((line) => line.startsWith('schtasks /Create /F /TN Octopus Client of PC ann /XML C:\\')),
    )
  })
})

describe('installing for the machine', () => {
  it('runs as an account without rights, which owns the state and is made for it', async () => {
    const machine = createFakeMachine({ ...root, boot: { systemd: true } })
    await install(machine, MACHINE)
    assert.equal(machine.files.get(`${MACHINE}/state`)?.owner?.uid, 990)
    assert.ok(machine.commands.some((line) => line.includes(' enroll ') && line.endsWith('(as 990)')))
    assert.match(machine.files.get('/etc/systemd/system/octopus-client.service')?.text ?? '', /^User=octopus-client$/m)
    const record = parseRecord(machine.readText(`${MACHINE}/installed.json`) ?? '', MACHINE)
    assert.deepEqual([record?.account, record?.accountMade, record?.manager], ['octopus-client', true, 'systemd'])
  })

  it('runs as another account if that is wished, which then is not removed with it', async () => {
    const machine = createFakeMachine({ ...root, boot: { systemd: true } })
    machine.accounts.set('ann', { uid: 1_000, gid: 1_000 })
    await call(machine, 'install-service', ['--token-file', '/token', '--run-as', 'ann'], MACHINE)
    await call(machine, 'uninstall', ['--yes'], MACHINE)
    assert.ok(machine.accounts.has('ann'))
    assert.ok(machine.commands.every((line) => !line.startsWith('useradd') && !line.startsWith('userdel')))
  })

  it('with cron starts the supervisor as that account', async () => {
    const machine = createFakeMachine({ ...root, boot: { cronFolder: true } })
    await install(machine, MACHINE)
    assert.match(machine.files.get('/etc/cron.d/octopus-client')?.text ?? '', /^@reboot octopus-client /m)
    assert.ok(machine.commands.some((line) => line.startsWith('start /bin/sh') && line.endsWith('(as 990)')))
  })
})

describe('an installation that cannot be', () => {
  const refusals: [string, string[], Partial<Parameters<typeof createFakeMachine>[0]>, RegExp][] = [
    ['without a token', [], {}, /no token was given\. Make one on the dashboard/],
    ['with a file that is not there', ['--token-file', '/none'], {}, /no token in \/none/],
    ['for the machine by nobody', ['--scope', 'machine'], {}, /Only root/],
    ['of a scope that is none', ['--scope', 'all'], {}, /machine or user/],
    ['as an account that is not there', ['--run-as', 'bob'], root, /no account bob/],
    ['as a name that is none', ['--run-as', 'a b;c'], root, /no name of an account/],
    ['as another account without root', ['--run-as', 'bob'], {}, /whole machine/],
    ['on a Mac without an account', [], { ...root, platform: 'darwin' }, /--run-as ACCOUNT/],
    ['with an option of another command', ['--yes'], {}, /install-service has no --yes/],
    ['with an unknown option', ['--foo'], {}, /--foo/],
  ]
  for (const [what, argv, wish, message] of refusals) {
    it(`${what} changes nothing and says what to do`, async () => {
      const machine = createFakeMachine(wish)
      await assert.rejects(call(machine, 'install-service', argv), message)
      assert.ok(!machine.exists(`${FOLDER}/installed.json`))
      assert.equal(machine.processes.size, 0)
    })
  }

  it('because the server refuses leaves no key and no account behind', async () => {
    const machine = createFakeMachine({ ...root, boot: { systemd: true } })
    machine.answers.set(`${MACHINE}/app/octopus-client enroll`, {
      code: 1,
      output: '{"event":"x"}\noctopus client: This token is used up.\n',
    })
    await assert.rejects(install(machine, MACHINE), { message: 'This token is used up.' })
    assert.ok(!machine.exists(`${MACHINE}/state`))
    assert.equal(machine.accounts.size, 0)
  })

  it('because the manager refuses can be taken back', async () => {
    const machine = createFakeMachine({ boot: { userSystemd: true } })
    machine.answers.set('systemctl --user enable', { code: 1, output: 'read-only file system' })
    await assert.rejects(install(machine), /systemctl --user enable octopus-client failed \(1\): read-only/)
    machine.answers.clear()
    await call(machine, 'uninstall', ['--yes'])
    assert.deepEqual([...machine.files.keys()], [])
  })
})

describe('removing', () => {
  for (const [what, wish, folder] of [
    ['for an account with cron', { boot: { crontab: true } }, FOLDER],
    ['for an account with systemd', { boot: { userSystemd: true } }, FOLDER],
    ['for the machine with systemd', { ...root, boot: { systemd: true } }, MACHINE],
    ['for the machine with cron', { ...root, boot: { cronFolder: true } }, MACHINE],
    ['for the machine with init scripts', { ...root, boot: { initScripts: true } }, MACHINE],
    ['for an account of a Mac', { platform: 'darwin' as const }, FOLDER],
    ['on Windows', { platform: 'win32' as const, uid: -1 }, 'C:/OctopusClient'],
    ['with nothing', {}, FOLDER],
  ] as const) {
    it(`${what} leaves no file, no process, no line, no account, no lingering`, async () => {
      const machine = createFakeMachine(wish)
      unpack(machine, folder)
      await install(machine, folder)
      await call(machine, 'uninstall', ['--yes'], folder)
      machine.end()
      assert.deepEqual([...machine.files.keys()], [])
      assert.deepEqual([machine.processes.size, machine.accounts.size, machine.crontab], [0, 0, undefined])
      assert.equal(machine.lingers, false)
    })
  }

  it('on Windows, where nobody can delete the program that runs, leaves it to be removed after its end', async () => {
    const folder = 'C:/OctopusClient'
    const machine = createFakeMachine({ platform: 'win32', uid: -1 })
    unpack(machine, folder)
    await install(machine, folder)
    const left = (): string[] => [...machine.files.keys()].toSorted()
    const waiting = ['app/bin/node', 'app/removed', 'installed.json'].map((name) => `${folder}/${name}`)
    await call(machine, 'uninstall', ['--yes'], folder)
    assert.deepEqual(left(), waiting)
    assert.ok(machine.said.some((line) => line.includes('some seconds after this command has ended')))
    await call(machine, 'uninstall', ['--yes'], folder)
    assert.deepEqual(left(), waiting, 'until then it can be done again')
    machine.end()
    assert.deepEqual(left(), [])
  })

  it('on Windows keeps the identity if that is wished', async () => {
    const folder = 'C:/OctopusClient'
    const machine = createFakeMachine({ platform: 'win32', uid: -1 })
    unpack(machine, folder)
    await install(machine, folder)
    await call(machine, 'uninstall', ['--yes', '--keep-state'], folder)
    machine.end()
    assert.deepEqual([...machine.files.keys()], [`${folder}/state`, `${folder}/state/identity.json`])
  })

  it('leaves an account lingering that did so before', async () => {
    const machine = createFakeMachine({ boot: { userSystemd: true } })
    machine.lingers = true
    await install(machine)
    assert.ok(machine.said.some((line) => line.startsWith('It also runs while you are signed out')))
    await call(machine, 'uninstall', ['--yes'])
    assert.equal(machine.lingers, true)
  })

  it('takes the lingering back that an earlier installation brought, also where it was brought a newer program', async () => {
    const machine = createFakeMachine({ boot: { userSystemd: true } })
    await install(machine)
    assert.equal(machine.lingers, true)
    await install(machine)
    await call(machine, 'uninstall', ['--yes'])
    assert.equal(machine.lingers, false)
  })

  it('leaves lingering alone that the account could not switch on, and an administrator did', async () => {
    const machine = createFakeMachine({ boot: { userSystemd: true } })
    machine.answers.set('loginctl enable-linger', { code: 1, output: 'Access denied' })
    await install(machine)
    machine.lingers = true
    await call(machine, 'uninstall', ['--yes'])
    assert.equal(machine.lingers, true)
  })

  it('says who switches lingering off where the account may not', async () => {
    const machine = createFakeMachine({ boot: { userSystemd: true } })
    await install(machine)
    machine.answers.set('loginctl disable-linger', { code: 1, output: 'Access denied' })
    await call(machine, 'uninstall', ['--yes'])
    assert.ok(machine.said.some((line) => line.includes('an administrator runs: loginctl disable-linger ann')))
  })

  it('asks before, and a no changes nothing', async () => {
    const machine = createFakeMachine({ boot: { crontab: true } })
    await install(machine)
    const before = [...machine.files.keys()]
    await assert.rejects(call(machine, 'uninstall'), /--yes/)
    machine.reply = 'no'
    await assert.rejects(call(machine, 'uninstall'), /Nothing was removed/)
    assert.deepEqual([[...machine.files.keys()], machine.processes.size], [before, 1])
    machine.reply = 'yes'
    await call(machine, 'uninstall')
    assert.equal(machine.files.size, 0)
  })

  it('keeps the identity if that is wished, for whoever installs it again', async () => {
    const machine = createFakeMachine({ boot: { crontab: true } })
    await install(machine)
    await call(machine, 'uninstall', ['--yes', '--keep-state'])
    assert.deepEqual([...machine.files.keys()], [`${FOLDER}/state`, `${FOLDER}/state/identity.json`])
    await call(machine, 'install-service')
    assert.equal(machine.processes.size, 1)
  })

  it('kills what does not end, after it was asked to', async () => {
    const machine = createFakeMachine()
    await install(machine)
    machine.stubborn = true
    await call(machine, 'uninstall', ['--yes'])
    assert.deepEqual(
      machine.commands.filter((line) => line.startsWith('SIG')),
      ['SIGTERM 101', 'SIGKILL 101'],
    )
  })

  it('is refused where nothing is installed, and for the machine by nobody', async () => {
    await assert.rejects(call(createFakeMachine(), 'uninstall', ['--yes']), /No client is installed in/)
    const machine = createFakeMachine({ ...root, boot: { systemd: true } })
    await install(machine, MACHINE)
    const later = createFakeMachine()
    for (const file of machine.files.values()) later.writeText(file)
    await assert.rejects(call(later, 'uninstall', ['--yes'], MACHINE), /run this as root/)
  })
})
