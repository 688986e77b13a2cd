import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { openPluginBench } from '#runner/testing/plugin-bench.ts'

const bench = await openPluginBench()
leakCheck()
const skip = !(await bench.pool.runtimes()).some(({ language }) => language === 'python') && 'no Python on this machine'

const called = { argsJson: '[1, "two"]', kwargsJson: '{"three": 3}' }

const RETURNED = [
  ['positional and named arguments', 'def run(a, b, three=0):\n    return [a, b, three]', '[1,"two",3]'],
  ['any arguments', 'def run(*args, **kwargs):\n    return [list(args), kwargs]', '[[1,"two"],{"three":3}]'],
  ['async actions', 'async def run(*args, **kwargs):\n    return len(args)', '2'],
  [
    'an event loop of its own',
    'import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 5\ndef run(*a, **k):\n    return asyncio.run(f())',
    '5',
  ],
  ['tuples as lists', 'def run(*a, **k):\n    return (1, (2, 3))', '[1,[2,3]]'],
  ['nothing', 'def run(*a, **k):\n    pass', 'null'],
  ['text that is half of a surrogate pair', 'def run(*a, **k):\n    return "\\ud800"', '"\\ud800"'],
  ['sys.exit(0) as an end without a value', 'import sys\ndef run(*a, **k):\n    sys.exit(0)', 'null'],
  ['dataclasses and pickling', PICKLING(), '"[1]"'],
  [
    'inspect of its own source',
    'import inspect\ndef run(*a, **k):\n    return inspect.getsource(run)[:7]',
    '"def run"',
  ],
  ['its file and its name', 'def run(*a, **k):\n    return [__file__, __name__]', '["tested.py","tested"]'],
  ['decorated actions', DECORATED(), '"wrapped"'],
] as const

function PICKLING(): string {
  return `
import dataclasses, pickle
@dataclasses.dataclass
class Point:
    x: int
def run(*a, **k):
    return str([pickle.loads(pickle.dumps(Point(1))).x])
`
}

function DECORATED(): string {
  return `
def twice(f):
    def inner(*a, **k):
        return "wrapped"
    return inner
@twice
def run():
    return "plain"
`
}

const AS_TEXT = [
  ['a NaN', 'def run():\n    return float("nan")', 'nan'],
  ['an infinity deep inside', 'def run():\n    return {"a": [float("inf")]}', "{'a': [inf]}"],
  ['bytes', 'def run():\n    return b"x"', "b'x'"],
  ['a set', 'def run():\n    return {1}', '{1}'],
  ['a list that contains itself', 'def run():\n    a = []\n    a.append(a)\n    return a', '[[...]]'],
  [
    'an object that cannot be shown',
    'class Odd:\n    def __repr__(self):\n        raise ValueError("no")\ndef run():\n    return Odd()',
    '<Odd that cannot be shown: ValueError>',
  ],
] as const

const FAILURES = [
  [
    'an unknown action',
    'def run():\n    pass\ndef validate():\n    pass',
    { action: 'go' },
    /no action 'go'.*run, validate/,
  ],
  [
    'an imported function as action',
    'from os import system\ndef run():\n    pass',
    { action: 'system' },
    /no action 'system'/,
  ],
  ['a private function as action', 'def _own():\n    pass', { action: '_own' }, /no action '_own'.*none: define/],
  [
    'an argument too many',
    'def run(a):\n    pass',
    { argsJson: '[1, 2]' },
    /do not fit: too many.*run\(a\).*2 by place/,
  ],
  [
    'a name that does not exist',
    'def run(a=1):\n    pass',
    { kwargsJson: '{"b": 1}' },
    /unexpected keyword argument 'b'/,
  ],
  ['a missing argument of an async action', 'async def run(a):\n    pass', {}, /missing a required argument: 'a'/],
  ['a syntax error', 'def run(:\n    pass', {}, /invalid syntax/],
  ['an error while it is loaded', 'import no_such_module_at_all', {}, /No module named/],
  ['sys.exit(3)', 'import sys\ndef run():\n    sys.exit(3)', {}, /sys\.exit\(3\)/],
  ['endless recursion', 'def run():\n    return run()', {}, /recursion/],
  ['input(), which finds nothing', 'def run():\n    return input("name? ")', {}, /EOF/],
  ['an exception that cannot be shown', UNSHOWABLE(), {}, /cannot be shown/],
  ['a TypeError of its own', 'def f(a):\n    pass\ndef run():\n    f()', {}, /f\(\) missing 1 required/],
  ['bytes that are no text', '\u0000', {}, /null bytes/],
] as const

function UNSHOWABLE(): string {
  return 'class Odd(Exception):\n    def __str__(self):\n        raise ValueError("no")\ndef run():\n    raise Odd()'
}

describe('a Python plugin', { skip }, () => {
  for (const [what, source, valueJson] of RETURNED) {
    it(`may use ${what}`, async () => {
      const end = await bench.run(source, called)
      assert.deepEqual(
        { end: end.end, reason: end.reason, valueJson: end.valueJson, valueKind: end.valueKind, error: end.error },
        { end: 'succeeded', reason: 'finished', valueJson, valueKind: 'json', error: null },
      )
    })
  }

  for (const [what, source, text] of AS_TEXT) {
    it(`returns what is no JSON as text, marked: ${what}`, async () => {
      const end = await bench.run(source)
      assert.deepEqual([end.end, end.valueKind, end.value], ['succeeded', 'text', text])
    })
  }

  for (const [what, source, work, message] of FAILURES) {
    it(`fails with a clear message: ${what}`, async () => {
      const end = await bench.run(source, work)
      assert.deepEqual([end.end, end.reason, end.valueJson], ['failed', 'exception', null])
      assert.match(end.error?.message ?? '', message)
      assert.doesNotMatch(end.error?.stack ?? '', /octopus_runner/)
    })
  }

  it('gets numbers as they were written and gives them back so', async () => {
    const end = await bench.run('def run(*a):\n    return [[type(x).__name__ for x in a], a]', {
      argsJson: '[1.0, 123456789012345678901234567890, 1, 1e400, "\\u0000"]',
    })
    // JSON has no infinity, so that a number beyond every float makes the value a text.
    assert.equal(end.valueKind, 'text')
    const exact = await bench.run('def run(*a):\n    return a', {
      argsJson: '[1.0, 123456789012345678901234567890, "\\u0000"]',
    })
    assert.equal(exact.valueJson, '[1.0,123456789012345678901234567890,"\\u0000"]')
  })

  it('fails with the reason status-error when it returns a dictionary that says so, and keeps the value', async () => {
    const end = await bench.run('def run():\n    return {"status": "error", "message": "disk full", "code": 7}')
    assert.deepEqual([end.end, end.reason, end.error?.message], ['failed', 'status-error', 'disk full'])
    assert.deepEqual(end.value, { status: 'error', message: 'disk full', code: 7 })
  })

  it('shows an exception with a traceback that begins in its own file, with the lines of the source', async () => {
    const source = 'def run():\n    helper()\n\ndef helper():\n    raise ValueError("no such disk")  # here\n'
    const end = await bench.run(source)
    assert.equal(end.error?.type, 'ValueError')
    assert.equal(
      (end.error?.stack ?? '').replaceAll(/^ *[\^~]+\n/gm, ''),
      'Traceback (most recent call last):\n' +
        '  File "tested.py", line 2, in run\n    helper()\n' +
        '  File "tested.py", line 5, in helper\n    raise ValueError("no such disk")  # here\n' +
        'ValueError: no such disk\n',
    )
  })

  it('is named by its own name even if that is the name of a module of Python', async () => {
    const end = await bench.run('import json\ndef run():\n    return json.dumps(__name__)', { plugin: 'json' })
    assert.equal(end.value, '"plugin_json"')
  })

  it('cuts a value beyond the limit to a valid text and marks it', async () => {
    const end = await bench.run('def run():\n    return ["\\"ä" * 10] * 1000', { resultBytesMax: 1_000 })
    assert.deepEqual([end.end, end.valueKind, end.cut.value], ['succeeded', 'text', true])
    assert.ok(Buffer.byteLength(end.valueJson ?? '') <= 1_000)
    assert.match(String(end.value), /^\["\\"ä/)
    const huge = await bench.run('def run():\n    return "x" * 50_000_000', { resultBytesMax: 1_048_576 })
    assert.ok(huge.cut.value && (huge.valueJson ?? '').length > 1_000_000)
  })

  it('tells its progress through the small helper module', async () => {
    const attempt = bench.start(
      'import octopus\ndef run():\n    octopus.progress(0.5, "half")\n    octopus.progress(text="?")',
    )
    assert.equal((await attempt.ended).end, 'succeeded')
    assert.deepEqual(attempt.progress, [
      [0.5, 'half'],
      [null, '?'],
    ])
  })

  it('knows execution, attempt and fence, and sees nothing of the client’s environment that is not allowed', async () => {
    const end = await bench.run('import os\ndef run():\n    return dict(os.environ)')
    const seen = end.value as Record<string, string>
    assert.equal(seen['OCTOPUS_EXECUTION'], '01890a5d-ac96-774b-bcce-b302099a8057')
    assert.deepEqual([seen['OCTOPUS_ATTEMPT_NUMBER'], seen['OCTOPUS_FENCE']], ['1', '7'])
    assert.ok(!JSON.stringify(seen).includes('must not be seen'))
  })

  it('works in a private folder, and none of the client’s handles are open in it or its children', async () => {
    const end = await bench.run(`
import os, stat, subprocess, sys, tempfile
def run():
    child = subprocess.check_output([sys.executable, "-c", "import os; print(len(os.listdir('/dev/fd')))"])
    mode = stat.S_IMODE(os.stat(".").st_mode)
    open("file", "w").close()
    return [oct(mode), oct(stat.S_IMODE(os.stat("file").st_mode)), tempfile.gettempdir() == os.getcwd(), int(child)]
`)
    // Standard streams, and the folder that is being listed.
    assert.deepEqual(end.value, ['0o700', '0o600', true, 4])
  })

  it('may use a pool of processes', async () => {
    const end = await bench.run(`
import multiprocessing
def square(x):
    return x * x
def run():
    values = []
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            values.append(pool.map(square, [1, 2, 3]))
    return values
`)
    assert.deepEqual(
      [end.error, end.value],
      [
        null,
        [
          [1, 4, 9],
          [1, 4, 9],
        ],
      ],
    )
  })
})

const DEATHS = [
  ['os._exit', 'import os\ndef run():\n    os._exit(3)', /exit code 3/],
  ['a segmentation fault', 'import ctypes\ndef run():\n    ctypes.string_at(0)', /SIGSEGV/],
  ['being killed', 'import os, signal\ndef run():\n    os.kill(os.getpid(), signal.SIGKILL)', /SIGKILL/],
  ['closing every descriptor', 'import os, time\ndef run():\n    os.closerange(0, 64)\n    time.sleep(60)', /SIGKILL/],
  [
    'killing its keeper',
    'import os, signal, time\ndef run():\n    os.kill(os.getppid(), signal.SIGKILL)\n    time.sleep(60)',
    /killed/,
  ],
  [
    'speaking nonsense on the channel',
    'import os, time\ndef run():\n    os.write(3, b"hello\\n")\n    time.sleep(60)',
    /SIGKILL/,
  ],
  [
    'a line without an end on the channel',
    'import os\ndef run():\n    while True:\n        os.write(3, b"x" * 65536)',
    /SIGKILL/,
  ],
] as const

describe('a Python plugin that dies', { skip }, () => {
  for (const [how, source, message] of DEATHS) {
    it(`by ${how} ends its attempt as crashed, and the next one runs`, async () => {
      const end = await bench.run(source)
      assert.deepEqual([end.end, end.reason], ['failed', 'crashed'])
      assert.match(end.error?.message ?? '', message)
      assert.equal((await bench.run('def run():\n    return 1')).value, 1)
    })
  }

  it('leaves the stack of a segmentation fault in its output', async () => {
    const end = await bench.run('import ctypes\ndef run():\n    print("before")\n    ctypes.string_at(0)')
    assert.equal(end.stdout, 'before\n')
    assert.match(end.stderr, /Fatal Python error: Segmentation fault[^]*tested\.py/)
  })
})

describe('a client without Python', () => {
  it('answers runtime-missing, naming what was looked for and the setting', async () => {
    const without = await openPluginBench({
      programs: { python: '/no/such/python', shell: undefined, powershell: undefined },
    })
    const end = await without.run('def run():\n    pass')
    assert.deepEqual([end.end, end.reason, end.startedAt], ['failed', 'runtime-missing', null])
    assert.match(end.error?.message ?? '', /\/no\/such\/python.*set PYTHON/)
    assert.ok((await without.pool.runtimes()).every(({ language }) => language !== 'python'))
  })
})
