import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { OUTPUT_CHUNK_BYTES_MAX } from '@octopus/protocol/limits.ts'

import { openPluginBench } from '#runner/testing/plugin-bench.ts'

const bench = await openPluginBench()
leakCheck()
const skip = !(await bench.pool.runtimes()).some(({ language }) => language === 'python') && 'no Python on this machine'

const LOGGING = [
  [
    'loggers of any name, from INFO on',
    'import logging\na = logging.getLogger("octopus")\ndef run():\n    a.info("x=%s", 1)\n    logging.getLogger("b.c").error("bad")\n    a.debug("no")',
    'INFO octopus: x=1\nERROR b.c: bad\n',
  ],
  [
    'a basicConfig of its own, without repeating a record',
    'import logging\nlogging.basicConfig(level=logging.DEBUG, format="mine %(message)s")\ndef run():\n    logging.debug("fine")\n    logging.getLogger("x").warning("w")',
    'DEBUG root: fine\nWARNING x: w\n',
  ],
  [
    'handlers of its own that do not propagate, without repeating a record',
    'import logging, sys\nlog = logging.getLogger("own")\nlog.addHandler(logging.StreamHandler(sys.stdout))\nlog.propagate = False\ndef run():\n    log.info("once")',
    'INFO own: once\n',
  ],
  [
    'dictConfig, which throws away all handlers',
    'import logging.config\nlogging.config.dictConfig({"version": 1, "handlers": {"h": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["h"], "level": "INFO"}})\ndef run():\n    logging.info("still")',
    'INFO root: still\n',
  ],
  [
    'tracebacks of logged exceptions',
    'import logging\ndef run():\n    try:\n        1 / 0\n    except ZeroDivisionError:\n        logging.exception("oh")',
    /^ERROR root: oh\nTraceback[^]*tested\.py[^]*ZeroDivisionError: division by zero\n$/,
  ],
] as const

describe('what a Python plugin logs', { skip }, () => {
  for (const [what, source, expected] of LOGGING) {
    it(`is shown with level and logger: ${what}`, async () => {
      const end = await bench.run(source)
      assert.equal(end.error, null)
      if (typeof expected === 'string') assert.equal(end.logged, expected)
      else assert.match(end.logged, expected)
      assert.deepEqual([end.stdout, end.stderr], ['', ''])
    })
  }

  it('still goes to a file where the plugin says so', async () => {
    const file = join(bench.folder, 'plugin.log')
    const source = `import logging\nlogging.basicConfig(filename=${JSON.stringify(file)}, level="INFO")\ndef run():\n    logging.info("kept")`
    assert.equal((await bench.run(source)).logged, 'INFO root: kept\n')
    assert.equal(await readFile(file, 'utf8'), 'INFO:root:kept\n')
  })
})

describe('the output of a Python plugin', { skip }, () => {
  it('keeps the order of print, stderr and logging', async () => {
    const end = await bench.run(`
import logging, sys
def run():
    print("1")
    print("2", file=sys.stderr)
    logging.info("3")
    print("4")
`)
    const shown = end.pieces.map(({ stream, text }) => `${stream}:${text}`).join('')
    assert.equal(shown, 'stdout:1\nstderr:2\nlog:INFO root: 3\nstdout:4\n')
    assert.equal(end.outputBytes, 2 + 2 + 13 + 2)
  })

  it('holds what children, shells and C code write, each in its own execution', async () => {
    const source = `
import ctypes, os, subprocess
def run(word):
    subprocess.run(["sh", "-c", "echo child " + word + "; echo err " + word + " > /dev/stderr"])
    os.write(1, b"raw " + word.encode() + b"\\n")
    ctypes.CDLL(None).dprintf(2, b"from C\\n")
`
    for (const word of ['one', 'two']) {
      const end = await bench.run(source, { argsJson: JSON.stringify([word]) })
      assert.equal(end.stdout, `child ${word}\nraw ${word}\n`)
      assert.equal(end.stderr, `err ${word}\nfrom C\n`)
    }
  })

  it('survives a plugin that closes standard output, and begins anew in the next execution', async () => {
    const source = `
import os, sys
def run(close):
    print("hello")
    if close:
        sys.stdout.close()
        os.close(1)
        os.close(2)
    return close
`
    assert.equal((await bench.run(source, { argsJson: '[true]' })).stdout, 'hello\n')
    const again = await bench.run(source, { argsJson: '[false]' })
    assert.deepEqual([again.stdout, again.value], ['hello\n', false])
  })

  it('is sent at once, not when the execution ends', async () => {
    const attempt = bench.start('import time\ndef run():\n    print("first line")\n    time.sleep(60)')
    await attempt.said('first line\n')
    attempt.stop('cancelled')
    assert.equal((await attempt.ended).reason, 'cancelled')
  })

  it('is text in any case: bytes that are none are replaced, NUL and split characters stay', async () => {
    const end = await bench.run(`
import os, sys
def run():
    sys.stdout.buffer.write(b"a\\xff\\x00b\\n")
    for byte in "€\\n".encode():
        os.write(1, bytes([byte]))
    print("\\ud800")
`)
    assert.equal(end.stdout.replace('€\n', ''), 'a\ufffd\0b\n\\ud800\n')
    assert.ok(end.stdout.includes('€\n'))
  })

  it('is cut at its limit on the border of a character, counted to the end, and comes in small pieces', async () => {
    const end = await bench.run('def run():\n    print("é" * 1_000_000)', { outputBytesMax: 150_001 })
    assert.equal(end.outputBytes, 2_000_001)
    assert.deepEqual(end.cut, { output: true, value: false })
    assert.equal(Buffer.byteLength(end.stdout), 150_000)
    assert.ok(end.pieces.every(({ text }) => Buffer.byteLength(text) <= OUTPUT_CHUNK_BYTES_MAX))
    assert.ok(!end.stdout.includes('\ufffd'))
  })

  it('of 50 MB from Python and 200 MB from a child grows no memory of the client', async () => {
    const before = process.memoryUsage.rss()
    const end = await bench.run(`
import subprocess
def run():
    print("x" * 50_000_000)
    subprocess.run(["head", "-c", "200000000", "/dev/zero"])
`)
    assert.equal(end.error, null)
    assert.equal(end.outputBytes, 250_000_001)
    assert.ok(end.cut.output)
    assert.ok(process.memoryUsage.rss() - before < 50_000_000)
  })

  it(
    'that comes after the end is counted and belongs to nobody; the log says so when its process has ended',
    {
      skip: process.platform === 'win32' && 'signals that a plugin hears are not known there',
    },
    async () => {
      const other = await openPluginBench()
      const file = join(other.folder, 'written')
      const source = `
import os, signal
def late(number, frame):
    os.write(1, b"late\\n")
    open(${JSON.stringify(file)}, "w").close()
def run():
    signal.signal(signal.SIGUSR1, late)
    return os.getpid()
`
      const first = await other.run(source)
      assert.equal(first.stdout, '')
      process.kill(first.value as number, 'SIGUSR1')
      await until(() => existsSync(file))
      const second = await other.run(source)
      assert.deepEqual(
        [second.stdout, second.value],
        ['', first.value],
        'the same process, and nothing of what it wrote before',
      )
      const quiet = await openPluginBench()
      await quiet.run('def run():\n    print("in time")')
      for (const { pool } of [other, quiet]) await pool[Symbol.asyncDispose]()
      const told = [...other.log.lines, ...quiet.log.lines].filter(({ event }) => event === 'output-between-executions')
      assert.deepEqual(
        told.map(({ level, fields: { plugin, executions, bytes } }) => ({ level, plugin, executions, bytes })),
        [{ level: 'info', plugin: 'tested', executions: 2, bytes: 5 }],
      )
    },
  )
})

async function until(fact: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!fact()) {
    if (performance.now() > deadline) throw new Error('it never came')
    await new Promise((resolve) => setImmediate(resolve))
  }
}
