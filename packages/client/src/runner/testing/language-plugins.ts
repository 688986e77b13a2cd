import { type Language, LANGUAGES } from '@octopus/protocol/work.ts'

import type { RunnerPool } from '#runner/runner.ts'

/** What a plugin does in the shared tests, once in each language. `FILE` stands for a file that test and plugin share. */
export interface LanguagePlugins {
  /** Returns `[args, kwargs]` as it was given them. */
  readonly echo: string
  /** Returns something that JSON cannot say; the second is the text that is shown for it. */
  readonly noJson: readonly [string, string]
  /** Returns `{"status": "error", "message": "disk full"}`. */
  readonly statusError: string
  /** Fails with the text "no such disk". */
  readonly fails: string
  /** Has the actions `run` and `validate`. */
  readonly twoActions: string
  /** Tells 0.5 "half" as its progress. */
  readonly progress: string
  /** Returns its whole environment as an object. */
  readonly environment: string
  /** Returns the names in its folder, and leaves a file there. */
  readonly folder: string
  /** Returns a text of 100,000 times `x`. */
  readonly long: string
  /** Kills itself. */
  readonly killsItself: string
  /** Writes `out` and `err`, a child too, one of them to /dev/stderr; then bytes that are no UTF-8, and `€`. */
  readonly writes: string
  /** Writes a million times `é`, and a line break. */
  readonly floods: string
  /** Says "going" and goes on for a minute. */
  readonly waits: string
  /** Says "going"; asked to end, it says "tidied up". */
  readonly tidies: string
  /** Says "going" and does not end by SIGINT or SIGTERM. */
  readonly stubborn: string
  /** Keeps its interpreter busy for ever. */
  readonly spins: string
  /** Has twenty children, each of which writes a dot. */
  readonly children: string
  /** Stops the process that guards it. */
  readonly stopsKeeper: string
  /** Starts a daemon of its own session, whose number it writes to FILE, with the environment ENV. */
  readonly daemon: string
  /** Succeeds and leaves a child. */
  readonly leavesChild: string
}

const SHELL_DAEMON = `trap "" INT TERM HUP; echo $$ > FILE; exec sleep 60 > /dev/null 2>&1`

const javascript: LanguagePlugins = {
  echo: 'export function run(a, b, { three }) {\n  return [[a, b], { three }]\n}',
  noJson: ['export const run = () => new Map([[1, NaN]])', 'Map(1) { 1 => NaN }'],
  statusError: 'export const run = () => ({ status: "error", message: "disk full" })',
  fails: 'export const run = () => { throw new RangeError("no such disk") }',
  twoActions:
    'export function run() {}\nexport function validate() {}\nfunction hidden() {}\nexport class C {}\nexport function _own() {}',
  progress: 'import { progress } from "@octopus/plugin-sdk"\nexport const run = () => progress(0.5, "half")',
  environment: 'export const run = () => process.env',
  folder:
    'import fs from "node:fs"\nexport const run = () => {\n  const seen = fs.readdirSync(".")\n  fs.writeFileSync("left", "")\n  return seen\n}',
  long: 'export const run = () => "x".repeat(100_000)',
  killsItself: 'export const run = () => process.kill(process.pid, "SIGKILL")',
  writes: `
import { execSync } from 'node:child_process'
export function run() {
  console.log('out')
  console.error('err')
  execSync('echo child; echo err2 > /dev/stderr', { stdio: 'inherit' })
  process.stdout.write(Buffer.from([0x61, 0xff, 0x62, 0x0a]))
  process.stdout.write('€\\n')
}`,
  floods: 'export const run = () => console.log("é".repeat(1_000_000))',
  waits: 'export const run = () => new Promise(() => console.log("going"))',
  tidies: `
import { setTimeout } from 'node:timers/promises'
import { definePlugin } from '@octopus/plugin-sdk'
export const run = definePlugin({}, async ({ signal }) => {
  console.log('going')
  try {
    await setTimeout(60_000, undefined, { signal })
  } finally {
    console.log('tidied up')
  }
})`,
  stubborn:
    'for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => {})\nexport const run = () => new Promise(() => console.log("going"))',
  spins: 'export const run = () => {\n  console.log("going")\n  for (;;);\n}',
  children: `
import { spawn } from 'node:child_process'
export function run() {
  for (let n = 0; n < 20; n++) spawn('sh', ['-c', 'printf .; exec sleep 60'], { stdio: 'inherit' })
  setTimeout(() => console.log('going'), 400)
  return new Promise(() => {})
}`,
  stopsKeeper:
    'export const run = () => {\n  console.log("going")\n  process.kill(process.pid, "SIGSTOP")\n  return new Promise(() => {})\n}',
  daemon: `
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
export function run() {
  spawn('sh', ['-c', ${JSON.stringify(SHELL_DAEMON)}], { detached: true, stdio: 'ignore', env: ENV }).unref()
  const look = setInterval(() => {
    if (existsSync('FILE') && readFileSync('FILE', 'utf8').trim() !== '') {
      clearInterval(look)
      console.log('going')
    }
  }, 5)
  return new Promise(() => {})
}`,
  leavesChild:
    'import { spawn } from "node:child_process"\nexport const run = () => { spawn("sleep", ["60"]).unref() }',
}

export const PLUGINS: Readonly<Record<Language, LanguagePlugins>> = {
  javascript,
  // With types where they can stand, so that it could not run as JavaScript.
  typescript: Object.fromEntries(
    Object.entries(javascript).map(([name, source]) => [
      name,
      typeof source === 'string' ? typed(source) : [typed(source[0]), source[1]],
    ]),
  ) as unknown as LanguagePlugins,
  python: {
    echo: 'def run(*args, **kwargs):\n    return [args, kwargs]',
    noJson: ['def run():\n    return {1}', '{1}'],
    statusError: 'def run():\n    return {"status": "error", "message": "disk full"}',
    fails: 'def run():\n    raise ValueError("no such disk")',
    twoActions: 'def run():\n    pass\ndef validate():\n    pass\ndef _own():\n    pass',
    progress: 'import octopus\ndef run():\n    octopus.progress(0.5, "half")',
    environment: 'import os\ndef run():\n    return dict(os.environ)',
    folder: 'import os\ndef run():\n    seen = os.listdir(".")\n    open("left", "w").close()\n    return seen',
    long: 'def run():\n    return "x" * 100_000',
    killsItself: 'import os\ndef run():\n    os.kill(os.getpid(), 9)',
    writes: `
import os, subprocess, sys
def run():
    print("out")
    print("err", file=sys.stderr)
    subprocess.run(["sh", "-c", "echo child; echo err2 > /dev/stderr"])
    os.write(1, b"a\\xffb\\n")
    print("€")`,
    floods: 'def run():\n    print("é" * 1_000_000)',
    waits: 'import time\ndef run():\n    print("going")\n    time.sleep(60)',
    tidies:
      'import time\ndef run():\n    try:\n        print("going")\n        time.sleep(60)\n    finally:\n        print("tidied up")',
    stubborn:
      'import signal, time\nfor number in (2, 15):\n    signal.signal(number, signal.SIG_IGN)\ndef run():\n    signal.signal(2, signal.SIG_IGN)\n    signal.signal(15, signal.SIG_IGN)\n    print("going")\n    time.sleep(60)',
    spins: 'import itertools\ndef run():\n    print("going")\n    sum(itertools.repeat(0))',
    children:
      'import subprocess, time\ndef run():\n    for _ in range(20):\n        subprocess.Popen(["sh", "-c", "printf .; exec sleep 60"])\n    time.sleep(0.4)\n    print("going")\n    time.sleep(60)',
    stopsKeeper:
      'import os, signal, time\ndef run():\n    os.kill(os.getppid(), signal.SIGSTOP)\n    print("going")\n    time.sleep(60)',
    daemon: `
import os, subprocess, time
def run():
    subprocess.Popen(["sh", "-c", ${JSON.stringify(SHELL_DAEMON)}], start_new_session=True, env=ENV)
    while not os.path.exists("FILE") or not open("FILE").read():
        time.sleep(0.005)
    print("going")
    time.sleep(60)`.replace('ENV)', 'None if "ENV" == "own" else {"PATH": os.environ["PATH"]})'),
    leavesChild: 'import subprocess\ndef run():\n    run.child = subprocess.Popen(["sleep", "60"])',
  },
  shell: {
    echo: 'cat "$OCTOPUS_ARGS_FILE" > copy; cmp - copy && sed -E \'s/^\\{"args":(.*),"kwargs":(.*)\\}$/[\\1,\\2]/\' copy',
    noJson: ['echo one; echo all is well', 'all is well'],
    statusError: 'echo \'{"status": "error", "message": "disk full"}\'',
    fails: 'echo no such disk >&2; exit 3',
    twoActions: '# octopus: actions=run,validate\necho 1',
    progress: 'echo "0.5 half" >> "$OCTOPUS_PROGRESS_FILE"',
    environment:
      'printf "{"; for name in OCTOPUS_EXECUTION OCTOPUS_ATTEMPT_NUMBER OCTOPUS_FENCE SECRET_OF_THE_CLIENT HOME; do eval "printf \'\\"%s\\":\\"%s\\",\' $name \\"\\$$name\\""; done; echo "\\"TMPDIR\\":\\"$TMPDIR\\"}"',
    folder: 'seen=$(ls); touch left; if [ "$seen" = "" ]; then echo "[]"; else echo "[\\"$seen\\"]"; fi',
    long: 'printf \'"\'; head -c 100000 /dev/zero | tr "\\\\0" x; echo \'"\'',
    killsItself: 'kill -9 $$',
    writes: 'echo out; echo err >&2; sh -c "echo child; echo err2 > /dev/stderr"; printf "a\\377b\\n"; echo "€"',
    floods: 'yes é | head -n 1000000 | tr -d "\\n"; echo',
    waits: 'echo going; sleep 60',
    tidies: 'trap "echo tidied up; exit 1" INT; echo going; while :; do sleep 0.05; done',
    stubborn: 'trap "" INT TERM; echo going; while :; do sleep 60; done',
    spins: 'echo going; while :; do :; done',
    children:
      'for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sh -c "printf .; exec sleep 60" & done; sleep 0.4; echo going; wait',
    stopsKeeper: 'kill -STOP $PPID; echo going; sleep 60',
    daemon: `ENV setsid sh -c '${SHELL_DAEMON}' & while [ ! -s FILE ]; do sleep 0.01; done; echo going; sleep 60`,
    leavesChild: 'sleep 60 > /dev/null 2>&1 &',
  },
  powershell: {
    echo: '$given = Get-Content -Raw -Encoding UTF8 $env:OCTOPUS_ARGS_FILE | ConvertFrom-Json\nConvertTo-Json -Compress -Depth 9 @($given.args, $given.kwargs)',
    noJson: ['Write-Output one; Write-Output "all is well"', 'all is well'],
    statusError: 'Write-Output \'{"status": "error", "message": "disk full"}\'',
    fails: '[Console]::Error.WriteLine("no such disk"); exit 3',
    twoActions: '# octopus: actions=run,validate\nWrite-Output 1',
    progress: 'Add-Content $env:OCTOPUS_PROGRESS_FILE "0.5 half"',
    environment:
      '$all = @{}; Get-ChildItem env: | ForEach-Object { $all[$_.Name] = $_.Value }; ConvertTo-Json -Compress $all',
    folder: '$seen = @(Get-ChildItem -Name); New-Item left | Out-Null; ConvertTo-Json -Compress -InputObject $seen',
    long: 'Write-Output ("`"" + "x" * 100000 + "`"")',
    killsItself: 'Stop-Process -Force $PID; Start-Sleep 60',
    writes:
      '[Console]::Out.WriteLine("out"); [Console]::Error.WriteLine("err"); sh -c "echo child; echo err2 > /dev/stderr; printf \'a\\\\377b\\\\n\'"; [Console]::Out.WriteLine("€")',
    floods: '[Console]::Out.WriteLine("é" * 1000000)',
    waits: '[Console]::Out.WriteLine("going"); Start-Sleep 60',
    tidies:
      'try { [Console]::Out.WriteLine("going"); Start-Sleep 60 } finally { [Console]::Out.WriteLine("tidied up") }',
    stubborn: 'sh -c \'trap "" INT TERM; echo going; while :; do sleep 60; done\'',
    spins: '[Console]::Out.WriteLine("going"); while ($true) { }',
    children:
      '1..20 | ForEach-Object { Start-Process -NoNewWindow sh "-c \'printf .; exec sleep 60\'" }; Start-Sleep 1; [Console]::Out.WriteLine("going"); Start-Sleep 60',
    stopsKeeper:
      'sh -c "kill -STOP $((Get-Process -Id $PID).Parent.Id)"; [Console]::Out.WriteLine("going"); Start-Sleep 60',
    daemon: `Start-Process -NoNewWindow sh @('-c', 'ENV setsid sh -c "${SHELL_DAEMON.replaceAll('"', '\\"').replace('$$', '\\$\\$')}"'); while (-not (Test-Path FILE)) { Start-Sleep -Milliseconds 20 }; Start-Sleep -Milliseconds 200; [Console]::Out.WriteLine("going"); Start-Sleep 60`,
    leavesChild: 'Start-Process -NoNewWindow sleep 60',
  },
}

function typed(source: string): string {
  return `type Nothing = undefined\nexport const _typed: Nothing = undefined as Nothing\n${source}`
}

/** How the daemon of each language is told that its environment shall be empty, or its own. */
export const DAEMON_ENVIRONMENT: Readonly<Record<Language, Readonly<Record<'own' | 'empty', string>>>> = {
  javascript: { own: 'process.env', empty: '{ PATH: process.env.PATH }' },
  typescript: { own: 'process.env', empty: '{ PATH: process.env.PATH }' },
  python: { own: 'own', empty: 'empty' },
  shell: { own: '', empty: 'env -i PATH="$PATH"' },
  powershell: { own: '', empty: 'env -i PATH=$PATH' },
}

/** The languages that this machine can run, with their plugins. `languages-contract.test.ts` tells which are left out. */
export async function languagesHere(pool: RunnerPool): Promise<readonly (readonly [Language, LanguagePlugins])[]> {
  const here = new Set((await pool.runtimes()).map(({ language }) => language))
  return LANGUAGES.filter((language) => here.has(language)).map((language) => [language, PLUGINS[language]])
}
