import type { Manager, Scope } from './installation.ts'

/** What a machine has that could start a program at boot. */
export interface BootFacts {
  readonly platform: NodeJS.Platform
  readonly scope: Scope
  /** systemd is the first process. */
  readonly systemd: boolean
  /** This account has a systemd of its own, which answers. */
  readonly userSystemd: boolean
  /** `/etc/init.d` and `update-rc.d`. */
  readonly initScripts: boolean
  /** A cron that reads `/etc/cron.d`. */
  readonly cronFolder: boolean
  /** `crontab`, and this account may use it. */
  readonly crontab: boolean
}

/** Who shall start the client at boot: what restarts it after a crash comes before what only starts it. */
export function chooseManager(facts: BootFacts): Manager {
  if (facts.platform === 'win32') return 'task-scheduler'
  if (facts.platform === 'darwin') return facts.scope === 'machine' ? 'launchd' : 'launchd-agent'
  if (facts.scope === 'machine') {
    if (facts.systemd) return 'systemd'
    if (facts.cronFolder) return 'cron-d'
    return facts.initScripts ? 'init-d' : 'none'
  }
  if (facts.userSystemd) return 'systemd-user'
  return facts.crontab ? 'crontab' : 'none'
}
