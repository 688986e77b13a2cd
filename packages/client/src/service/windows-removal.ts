import { recordPathOf } from './installation.ts'
import { powershellText } from './quoting.ts'

/** Lies in a program that shall go. A newer one that is brought meanwhile has none, and stays. */
export function removalMarkOf(folder: string): string {
  return `${folder}/app/removed`
}

/** So often, a second apart, it is tried: virus scanners let go of a program late. */
const TRIES_MAX = 60

/**
 * What removes the marked program in the folder of an installation, then its record, then the folder if nothing is left
 * in it. As long as the program runs, nothing goes. The script that started it goes a second later: `cmd` reads on in it.
 *
 * PowerShell ends at once where it has no console, so `cmd`, which needs none, starts it; and Windows PowerShell finds
 * nothing on the path of modules that a PowerShell 7 far above may have left. There is no double quote in the text: the
 * two would not read it alike.
 */
export function windowsRemoval(folder: string): readonly string[] {
  const pathOf = (path: string): string => powershellText(path.replaceAll('/', '\\'))
  const exists = (path: string): string => `(Test-Path -LiteralPath ${pathOf(path)})`
  const remove = (path: string): string =>
    `Remove-Item -LiteralPath ${pathOf(path)} -Force -ErrorAction SilentlyContinue`
  const [mark, app, bin] = [removalMarkOf(folder), `${folder}/app`, `${folder}/app/bin`]
  const script = [
    `for ($try = 0; $try -lt ${TRIES_MAX} -and ${exists(mark)}; $try++) {`,
    'Start-Sleep -Seconds 1;',
    `if ${exists(bin)} { ${remove(bin)} -Recurse } else { ${remove(app)} -Recurse }`,
    '};',
    `if (-not ${exists(`${app}/client.mjs`)}) {`,
    `${remove(recordPathOf(folder))};`,
    `if (-not (Get-ChildItem -LiteralPath ${pathOf(folder)} -Force)) { ${remove(folder)} }`,
    '}',
  ].join(' ')
  const powershell = ['powershell', '-NoProfile', '-NonInteractive', '-WindowStyle', 'Hidden', '-Command', script]
  return ['cmd', '/d', '/c', 'set', 'PSModulePath=&', ...powershell]
}
