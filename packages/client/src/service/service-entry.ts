import {
  cronFile,
  crontabLine,
  initScript,
  LAUNCHD_LABEL,
  launchdPlist,
  scheduledTask,
  SERVICE,
  systemdUnit,
} from './boot-files.ts'
import type { Installation } from './installation.ts'
import type { NewFile } from './machine.ts'

/** What a manager must be given, told and asked, so that it starts the client, and what takes it back. */
export interface ServiceEntry {
  readonly files: readonly NewFile[]
  /** A line in the account's crontab. */
  readonly crontabLine?: string
  /** In order; each must succeed. */
  readonly start: readonly (readonly string[])[]
  /** In order; what fails did not run. */
  readonly stop: readonly (readonly string[])[]
  /** In order, before the files go; what fails was not there. */
  readonly remove: readonly (readonly string[])[]
  /** In order, after the files went. */
  readonly afterwards: readonly (readonly string[])[]
  /** The manager only starts it at boot: for now, and after a crash, our supervisor is started by hand. */
  readonly supervised: boolean
  /** What happens at boot, for people. */
  readonly words: string
}

export interface EntryNeeds {
  readonly installation: Installation
  readonly homeFolder: string
  /** The number of the account, on Unix. */
  readonly uid: number
  /** The account's name as the system writes it, on Windows `DOMAIN\name`. */
  readonly userId: string
  /** Where our supervisor's script lies. */
  readonly supervisor: string
}

const NOTHING = { files: [], start: [], stop: [], remove: [], afterwards: [], supervised: false }

/** Pure: one entry per manager. */
export function serviceEntry(needs: EntryNeeds): ServiceEntry {
  const { installation, homeFolder, supervisor } = needs
  switch (installation.manager) {
    case 'systemd':
      return {
        ...NOTHING,
        files: [{ path: `/etc/systemd/system/${SERVICE}.service`, text: systemdUnit(installation), mode: 0o644 }],
        ...systemctl([]),
        words: `systemd starts it at boot and after a crash (systemctl status ${SERVICE}).`,
      }
    case 'systemd-user':
      return {
        ...NOTHING,
        files: [
          {
            path: `${homeFolder}/.config/systemd/user/${SERVICE}.service`,
            text: systemdUnit(installation),
            mode: 0o644,
          },
        ],
        ...systemctl(['--user']),
        words: `Your systemd starts it when you sign in and after a crash (systemctl --user status ${SERVICE}).`,
      }
    case 'launchd':
      return { ...NOTHING, ...launchd(needs, '/Library/LaunchDaemons', 'system'), words: 'launchd starts it at boot.' }
    case 'launchd-agent':
      return {
        ...NOTHING,
        ...launchd(needs, `${homeFolder}/Library/LaunchAgents`, `gui/${needs.uid}`),
        words: 'launchd starts it when you sign in.',
      }
    case 'init-d': {
      const path = `/etc/init.d/${SERVICE}`
      return {
        ...NOTHING,
        files: [{ path, text: initScript(installation, supervisor), mode: 0o755 }],
        start: [['update-rc.d', SERVICE, 'defaults']],
        afterwards: [['update-rc.d', SERVICE, 'remove']],
        supervised: true,
        words: `${path} starts it at boot, where this system runs such scripts; a crash is mended by its supervisor.`,
      }
    }
    case 'cron-d': {
      const path = `/etc/cron.d/${SERVICE}`
      return {
        ...NOTHING,
        files: [{ path, text: cronFile(installation, supervisor), mode: 0o644 }],
        supervised: true,
        words: `There is no systemd here: cron starts it at boot (${path}), a crash is mended by its supervisor.`,
      }
    }
    case 'crontab':
      return {
        ...NOTHING,
        crontabLine: crontabLine(installation, supervisor),
        supervised: true,
        words:
          'There is no systemd for this account: cron starts it at boot (@reboot in your crontab), a crash is mended by its supervisor.',
      }
    case 'task-scheduler':
      return { ...NOTHING, ...taskScheduler(needs) }
    case 'none':
      return {
        ...NOTHING,
        supervised: true,
        words:
          'Nothing here starts programs at boot for it (no systemd that answers, no cron): it runs now, and again after a crash, but NOBODY STARTS IT AFTER A REBOOT. Run the same line again then, or install cron and run it again now.',
      }
  }
}

function systemctl(flags: readonly string[]): Pick<ServiceEntry, 'start' | 'stop' | 'remove' | 'afterwards'> {
  const all = (...words: string[]): readonly string[] => ['systemctl', ...flags, ...words]
  return {
    start: [all('daemon-reload'), all('enable', SERVICE), all('restart', SERVICE)],
    stop: [all('stop', SERVICE)],
    remove: [all('disable', SERVICE)],
    afterwards: [all('daemon-reload'), all('reset-failed', SERVICE)],
  }
}

function launchd(
  { installation, supervisor }: EntryNeeds,
  folder: string,
  domain: string,
): Pick<ServiceEntry, 'files' | 'start' | 'stop'> {
  const path = `${folder}/${LAUNCHD_LABEL}.plist`
  return {
    files: [{ path, text: launchdPlist(installation, supervisor), mode: 0o644 }],
    start: [['launchctl', 'bootstrap', domain, path]],
    stop: [['launchctl', 'bootout', `${domain}/${LAUNCHD_LABEL}`]],
  }
}

function taskScheduler({
  installation,
  userId,
}: EntryNeeds): Pick<ServiceEntry, 'files' | 'start' | 'stop' | 'remove' | 'words'> {
  const machine = installation.scope === 'machine'
  const name = machine ? 'Octopus Client' : `Octopus Client of ${userId.replaceAll(/[^A-Za-z0-9_. -]/g, ' ')}`
  const path = `${installation.folder}/task.xml`
  // Its own unit of text: schtasks reads UTF-16 with its mark.
  const text = `\uFEFF${scheduledTask(installation, userId)}`
  return {
    files: [{ path, text, mode: 0o644, encoding: 'utf16le' }],
    start: [
      ['schtasks', '/Create', '/F', '/TN', name, '/XML', path.replaceAll('/', '\\')],
      ['schtasks', '/Run', '/TN', name],
    ],
    stop: [['schtasks', '/End', '/TN', name]],
    remove: [['schtasks', '/Delete', '/F', '/TN', name]],
    words: `The Task Scheduler starts it ${machine ? 'at boot' : 'when you sign in'}, and looks every five minutes ("${name}").`,
  }
}
