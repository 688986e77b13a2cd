import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { OUTPUT_BYTES_MAX, RESULT_BYTES_MAX } from '@octopus/protocol/limits.ts'

import type { Json } from './harness/api.ts'
import { Octopus } from './harness/octopus.ts'

/** Plugins as they were written for the Python Octopus: not a character is changed for this one. */
const PLUGINS = {
  as_documented: `import logging
logger = logging.getLogger("octopus")

def run(*args, **kwargs):
    logger.info("args=%s kwargs=%s", args, kwargs)
    return "done"

def validate(*args, **kwargs):
    return "Validation passed"
`,
  disk_report: `"""Reports disks."""
import logging
log = logging.getLogger(__name__)
WARN = 90

def _percent(used, total):
    return round(100.0 * used / total, 1)

def collect(path):
    log.debug("not shown")
    log.info("collecting %s", path)
    return {"path": path, "percent": _percent(30, 40)}

def run(path="/", warn_at=WARN, tags=None, verbose=False):
    """Checks one path."""
    found = collect(path)
    if found["percent"] > warn_at:
        log.warning("%(path)s is at %(percent)s %%", found)
    print("checked", path)
    return {"status": "success", "found": found, "tags": tags, "verbose": verbose}

def cleanup(path="/tmp", *, days=7):
    return [path, days]
`,
  asynchronous: `import asyncio
import logging
logger = logging.getLogger("company.async")

async def step(n):
    await asyncio.sleep(0.01)
    logger.info("step %d", n)
    return n * n

async def run(count=3):
    return await asyncio.gather(*(step(n) for n in range(count)))

def run_in_loop(count=2):
    async def main():
        return sum([await step(n) for n in range(count)])
    return asyncio.run(main())
`,
  unlucky: `import sys

class BusinessError(Exception):
    pass

def helper(order):
    raise BusinessError("order %s: größe fehlt" % order)

def run(order=7):
    print("working", file=sys.stderr)
    helper(order)

def answer(code=5):
    return {"status": "error", "message": "code %d" % code}

def leave():
    sys.exit(3)
`,
  talkative: `def run(megabytes=5):
    for n in range(megabytes * 1024):
        print(("line %08d " % n) + "x" * 1009)
    return "said"

def heavy(megabytes=3):
    return "y" * (megabytes * 1024 * 1024)

def odd():
    return {1, 2}

def exact():
    return {"big": 2**60 + 1, "float": 1.0, "text": "größe\\u0000 🐙", "none": None, "list": [True, []]}
`,
}

describe('plugins of the Python Octopus', () => {
  let octopus: Octopus

  before(async () => {
    octopus = await Octopus.start()
    for (const [name, source] of Object.entries(PLUGINS)) await octopus.publish(name, source)
    await octopus.startClients(['one'])
  })
  after(() => octopus[Symbol.asyncDispose]())

  /** Runs one action and answers the execution with its output. */
  const run = async (plugin: keyof typeof PLUGINS, action = 'run', given: Json = {}): Promise<Json> => {
    const [execution] = await octopus.run({ plugin, action, ...given })
    return { ...execution, output: await octopus.outputOf(execution.id) }
  }

  it('run as documented, with any arguments, and each of their actions', async () => {
    const ran = await run('as_documented', 'run', { args: [1, 'two'], kwargs: { three: [3], vier: null } })
    assert.deepEqual([ran.state, ran.result.value], ['succeeded', 'done'])
    assert.match(ran.output, /args=\(1, 'two'\) kwargs=\{'three': \[3\], 'vier': None\}/)
    const validated = await run('as_documented', 'validate')
    assert.deepEqual([validated.state, validated.result.value], ['succeeded', 'Validation passed'])
  })

  it('get named parameters with their defaults, call their helpers, and log under any name', async () => {
    const standard = await run('disk_report')
    const found = { path: '/', percent: 75 }
    assert.deepEqual(standard.result.value, { status: 'success', found, tags: null, verbose: false })
    assert.match(standard.output, /INFO \S*: collecting \/\n/)
    assert.match(standard.output, /checked \/\n/)
    assert.doesNotMatch(standard.output, /WARNING|not shown/)

    const given = await run('disk_report', 'run', {
      args: ['/data'],
      kwargs: { warn_at: 50.5, tags: ['a'], verbose: true },
    })
    assert.deepEqual(
      [given.result.value.found.path, given.result.value.tags, given.result.value.verbose],
      ['/data', ['a'], true],
    )
    assert.match(given.output, /WARNING \S*: \/data is at 75\.0 %/)
    assert.deepEqual((await run('disk_report', 'cleanup', { kwargs: { days: 1 } })).result.value, ['/tmp', 1])

    const { actions } = await octopus.api.get('/plugins/disk_report')
    assert.ok(['run', 'cleanup', 'collect'].every((name) => actions.some((action: Json) => action.name === name)))
  })

  it('may be async, and may start a loop of their own', async () => {
    const ran = await run('asynchronous', 'run', { args: [4] })
    assert.deepEqual(ran.result.value, [0, 1, 4, 9])
    assert.equal(ran.output.match(/INFO company\.async: step/g)?.length, 4)
    assert.equal((await run('asynchronous', 'run_in_loop')).result.value, 1)
  })

  it('fail by an exception, with where it happened, and by the status error, with the dictionary', async () => {
    const thrown = await run('unlucky')
    assert.deepEqual([thrown.state, thrown.reason], ['failed', 'exception'])
    assert.match(thrown.result.error.type, /BusinessError/)
    assert.match(thrown.result.error.message, /order 7: größe fehlt/)
    assert.match(thrown.result.error.stack, /line 7, in helper[^]*raise BusinessError/)
    assert.match(thrown.output, /working/)

    const answered = await run('unlucky', 'answer', { kwargs: { code: 9 } })
    assert.deepEqual([answered.state, answered.reason], ['failed', 'status-error'])
    assert.deepEqual(answered.result.value, { status: 'error', message: 'code 9' })
    assert.equal((await run('unlucky', 'leave')).state, 'failed')
  })

  it('may print 5 MiB: the first of it is kept, and the cut is marked', async () => {
    const said = await run('talkative')
    assert.deepEqual([said.state, said.result.value], ['succeeded', 'said'])
    assert.deepEqual(said.result.cut, { output: true, value: false })
    // The result does not wait for the output: the last of it may still be under way.
    const output = await octopus.api.eventually(`execution:${said.id}`, async () => {
      const text = await octopus.outputOf(said.id)
      return Buffer.byteLength(text) > 0.9 * OUTPUT_BYTES_MAX && text
    })
    assert.ok(output.startsWith('line 00000000 '))
    assert.ok(Buffer.byteLength(output) <= OUTPUT_BYTES_MAX, `${Buffer.byteLength(output)} bytes were kept`)
    assert.ok(said.outputBytes >= 5 * 1_048_576, `${said.outputBytes} bytes were counted`)
  })

  it('may return more than fits: it is cut, and the cut is marked', async () => {
    const heavy = await run('talkative', 'heavy')
    assert.equal(heavy.state, 'succeeded')
    assert.deepEqual(heavy.result.cut, { output: false, value: true })
    assert.ok(JSON.stringify(heavy.result.value).length <= RESULT_BYTES_MAX)
    assert.match(heavy.result.value, /y{1000}/)
  })

  it('may return what is no JSON, shown as text, and numbers that others would round', async () => {
    const odd = await run('talkative', 'odd')
    assert.deepEqual([odd.state, odd.result.kind, odd.result.value], ['succeeded', 'text', '{1, 2}'])
    const exact = await run('talkative', 'exact')
    const response = await fetch(`${octopus.url}/api/v1/executions/${exact.id}`, {
      headers: { authorization: `Bearer ${octopus.api.token}` },
    })
    const text = await response.text()
    assert.match(text, /"big":\s*1152921504606846977/)
    assert.match(text, /"float":\s*1\.0/)
    assert.equal(exact.result.value.text, 'größe\u0000 🐙')
  })
})
