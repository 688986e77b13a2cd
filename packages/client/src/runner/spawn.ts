import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Duplex, Readable } from 'node:stream'

import { present } from '@octopus/kit/assert.ts'

/** A program and what comes before our own arguments (`py -3` on Windows). */
export interface Command {
  readonly file: string
  readonly args: readonly string[]
}

export interface Spawned {
  /** Undefined when the program could not be started; `failed` says why. */
  readonly pid: number | undefined
  readonly stdout: Readable
  readonly stderr: Readable
  /** Descriptor 3 of the process. */
  readonly channel: Duplex
  /** Descriptor 4 of the process. */
  readonly lifeline: Duplex
  onExit(listener: (code: number | null, signal: NodeJS.Signals | null) => void): void
  onFailed(listener: (error: Error) => void): void
}

/**
 * Starts a runner: a process group of its own, nothing to read on standard input, no inherited handle but its own
 * two channels. Never through a shell. Throws when there are no file descriptors for its channels.
 */
export function spawnRunner(command: Command, folder: string, environment: Record<string, string>): Spawned {
  const child = spawn(command.file, command.args, {
    cwd: folder,
    env: environment,
    detached: true,
    windowsHide: true,
    shell: false,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
  })
  // Without descriptors Node gives it no streams, and tells of the error later, to nobody: it would end the client.
  if ((child.stdio as ChildProcess['stdio'] | undefined) === undefined) {
    child.on('error', ignore)
    throw Object.assign(new Error(`no file descriptors are left to start ${command.file} with`), { code: 'EMFILE' })
  }
  for (const stream of child.stdio) stream?.on('error', ignore)
  return {
    pid: child.pid,
    stdout: present(child.stdout, 'standard output'),
    stderr: present(child.stderr, 'standard error'),
    channel: duplexAt(child, 3),
    lifeline: duplexAt(child, 4),
    onExit: (listener) => void child.on('exit', listener),
    onFailed: (listener) => void child.on('error', listener),
  }
}

/**
 * The reading end of a named pipe that has a writer already. All bytes are read into the one buffer, which is the
 * caller's again after each call: a plugin that writes gigabytes costs no memory.
 */
export function openPipe(
  path: string,
  buffer: Buffer,
  bytes: (chunk: Buffer) => void,
): { readonly fd: number; readonly readable: Readable } {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const callback = (count: number): boolean => {
    bytes(buffer.subarray(0, count))
    return true
  }
  const readable = new Socket({ fd, readable: true, writable: false, onread: { buffer, callback } })
  return { fd, readable: readable.on('error', ignore) }
}

/** Runs a small program of the system to its end and answers what it printed; rejects when it fails or takes too long. */
export function outputOf(
  command: Command,
  options: { readonly timeoutMs: number; readonly environment?: Record<string, string> },
) {
  const env = options.environment === undefined ? {} : { env: options.environment }
  return new Promise<string>((resolve, reject) => {
    execFile(
      command.file,
      command.args,
      // A wrapper that ignores a polite signal must not keep its caller waiting.
      { timeout: options.timeoutMs, killSignal: 'SIGKILL', windowsHide: true, maxBuffer: 67_108_864, ...env },
      (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
    )
  })
}

function duplexAt(child: ChildProcess, descriptor: number): Duplex {
  return present(child.stdio[descriptor], `descriptor ${descriptor}`) as Duplex
}

/** The other side may close at any time; that is heard as the process's end, not as an error of the stream. */
function ignore(): void {}
