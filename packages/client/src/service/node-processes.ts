import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** A program of the system that does not answer in this time is not waited for. */
const ANSWER_MS_MAX = 60_000

/** Processes whose command line ends with what only a client of this state folder, or its supervisor, has there. */
export async function processesOn(platform: NodeJS.Platform, stateFolder: string): Promise<readonly number[]> {
  if (platform === 'linux') return onLinux(stateFolder)
  if (platform === 'win32')
    return pidsIn(await ask('powershell', ['-NoProfile', '-Command', windowsQuestion(stateFolder)]))
  const lines = (await ask('ps', ['-axww', '-o', 'pid=,command='])).split('\n')
  return lines.filter((line) => line.trimEnd().endsWith(` --data-folder ${stateFolder}`)).flatMap(pidsIn)
}

/** Pure: whether a command line, as `/proc` has it, is that of a client on this state folder. */
export function isClientOn(commandLine: string, stateFolder: string): boolean {
  const words = commandLine.split('\0')
  if (words.at(-1) === '') words.pop()
  return words.at(-2) === '--data-folder' && words.at(-1) === stateFolder
}

/** The words of the folder are compared as text, never read as a pattern. */
function windowsQuestion(stateFolder: string): string {
  const folder = stateFolder.replaceAll('/', '\\').replaceAll("'", "''")
  return `Get-CimInstance Win32_Process | Where-Object { $_.CommandLine -and $_.CommandLine.Replace('"','').EndsWith('--data-folder ${folder}') } | ForEach-Object { $_.ProcessId }`
}

function onLinux(stateFolder: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isClientOn(textOf(`/proc/${name}/cmdline`), stateFolder))
    .map(Number)
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function pidsIn(text: string): readonly number[] {
  return text.split('\n').flatMap((line) => {
    const [, pid] = /^\s*(\d+)\b/.exec(line) ?? []
    return pid === undefined ? [] : [Number(pid)]
  })
}

function ask(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: ANSWER_MS_MAX, windowsHide: true, maxBuffer: 16_777_216 }, (_error, stdout) =>
      resolve(stdout),
    )
  })
}
