import { commandOf, type Installation, stateFolderOf, supervisedCommandOf } from './installation.ts'
import { cronCommand, shellLine, unitCommand, windowsWord, xmlText } from './quoting.ts'

/** The texts that tell a system to start the client at boot. */

export const SERVICE = 'octopus-client'
export const LAUNCHD_LABEL = 'com.octopus.client'

/** Exit code 3 says that the server has revoked this client: starting it again would only be refused again. */
export function systemdUnit(installation: Installation): string {
  const { scope, account } = installation
  const machine = scope === 'machine'
  return `[Unit]
Description=Octopus client: runs tasks that the Octopus server hands to this PC
${machine ? 'Wants=network-online.target\nAfter=network-online.target\n' : ''}StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${unitCommand(startable(commandOf(installation)))}
${account === null ? '' : `User=${account}\n`}Restart=always
RestartSec=5
RestartPreventExitStatus=3
KillMode=mixed
TimeoutStopSec=30
UMask=0077

[Install]
WantedBy=${machine ? 'multi-user.target' : 'default.target'}
`
}

/** systemd refuses a program whose own path has quotes or the like in it; as an argument it may. */
function startable(command: readonly string[]): readonly string[] {
  return /^[A-Za-z0-9_./ -]+$/.test(command[0] ?? '') ? command : ['/usr/bin/env', ...command]
}

/** launchd restarts whatever fails; our supervisor makes a success of a revoked client, which must rest. */
export function launchdPlist(installation: Installation, supervisor: string): string {
  const { account } = installation
  const words = supervisedCommandOf(installation, supervisor)
  const user = account === null ? '' : `  <key>UserName</key>\n  <string>${xmlText(account)}</string>\n`
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${LAUNCHD_LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${xmlText(word)}</string>`).join('\n')}
  </array>
${user}  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ProcessType</key>
  <string>Background</string>
  <key>ExitTimeOut</key>
  <integer>30</integer>
  <key>Umask</key>
  <integer>63</integer>
</dict>
</plist>
`
}

/** What marks our line in an account's crontab. */
export function crontabMark({ folder }: Pick<Installation, 'folder'>): string {
  return `# octopus-client in ${folder}`
}

export function crontabLine(installation: Installation, supervisor: string): string {
  return `@reboot ${cronCommand(supervisedCommandOf(installation, supervisor))} ${crontabMark(installation)}`
}

/** The account's crontab with our line as the last, or without it. All else stays as it is. */
export function changedCrontab(text: string, installation: Installation, line: string | undefined): string {
  const kept = text.split('\n').filter((one) => !one.endsWith(crontabMark(installation)))
  while (kept.at(-1) === '') kept.pop()
  const lines = line === undefined ? kept : [...kept, line]
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

export function cronFile(installation: Installation, supervisor: string): string {
  const command = cronCommand(supervisedCommandOf(installation, supervisor))
  return `# Starts the Octopus client at boot. Removed by: ${shellLine([...installation.program, 'uninstall'])}
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
@reboot ${installation.account ?? 'root'} ${command}
`
}

export function initScript(installation: Installation, supervisor: string): string {
  const command = shellLine(supervisedCommandOf(installation, supervisor))
  const start = `${command} >/dev/null 2>&1 &`
  const asAccount =
    installation.account === null ? start : `su -s /bin/sh -c ${shellLine([start])} ${installation.account}`
  return `#!/bin/sh
### BEGIN INIT INFO
# Provides:          ${SERVICE}
# Required-Start:    $network $local_fs $remote_fs
# Required-Stop:     $network $local_fs $remote_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Octopus client
### END INIT INFO
case "$1" in
  start)
    ${asAccount}
    ;;
  stop)
    ${shellLine([...installation.program, 'stop-service', '--folder', installation.folder])}
    ;;
  restart | force-reload)
    "$0" stop
    "$0" start
    ;;
  *)
    echo "usage: $0 start|stop|restart" >&2
    exit 2
    ;;
esac
`
}

/** The unprivileged account that Windows has for services: its rights end at its own files. */
const LOCAL_SERVICE = 'S-1-5-19'

/**
 * A task of Windows' Task Scheduler. It begins at boot or when the account signs in, and is tried again every five
 * minutes, which does nothing while it runs: that is how it comes back after a crash. `conhost --headless` keeps its
 * console from showing on the desktop.
 */
export function scheduledTask(installation: Installation, userId: string): string {
  const machine = installation.scope === 'machine'
  const again = '<Repetition><Interval>PT5M</Interval><StopAtDurationEnd>false</StopAtDurationEnd></Repetition>'
  const [program = '', ...rest] = commandOf(installation).map((word) => word.replaceAll('/', '\\'))
  const args = ['--headless', program, ...rest].map(windowsWord).join(' ')
  const trigger = machine
    ? `<BootTrigger>${again}<Enabled>true</Enabled></BootTrigger>`
    : `<LogonTrigger>${again}<Enabled>true</Enabled><UserId>${xmlText(userId)}</UserId></LogonTrigger>`
  const principal = machine
    ? `<UserId>${LOCAL_SERVICE}</UserId><LogonType>ServiceAccount</LogonType>`
    : `<UserId>${xmlText(userId)}</UserId><LogonType>InteractiveToken</LogonType>`
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>Octopus client: runs tasks that the Octopus server hands to this PC</Description></RegistrationInfo>
  <Triggers>${trigger}</Triggers>
  <Principals><Principal id="Author">${principal}<RunLevel>LeastPrivilege</RunLevel></Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>7</Priority>
  </Settings>
  <Actions Context="Author">
    <Exec><Command>conhost.exe</Command><Arguments>${xmlText(args)}</Arguments><WorkingDirectory>${xmlText(stateFolderOf(installation).replaceAll('/', '\\'))}</WorkingDirectory></Exec>
  </Actions>
</Task>
`
}
