import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'

import type { TSchema } from 'typebox'

import { packToken, unpackToken } from './enroll.ts'
import { FromClientSchema, helloText, parseFromClient } from './from-client.ts'
import { FromServerSchema, parseFromServer } from './from-server.ts'
import { PROTOCOL } from './version.ts'

const id = '019b76da-ffbb-7001-806f-fa1a27985928'
const key = { execution: id, attempt: 1, fence: 7 }
const fenceProof = 'p'.repeat(43)

const FROM_CLIENT: Readonly<Record<string, object>> = {
  hello: {
    protocol: 1,
    clientId: id,
    journalId: 'j',
    bootId: 'b',
    version: '1',
    heartbeatMs: 0,
    signature: 's',
  },
  inventory: {
    last: true,
    runtimes: [{ language: 'python', version: '3.11' }],
    reported: { hostName: 'h', os: 'o', arch: 'a', account: 'u', wishedUser: null, labels: ['x'] },
    slots: 2,
    manifestRevision: 0,
    journalSeq: 0,
    attempts: [{ ...key, fenceProof, phase: 'held', outputBytes: 0 }],
  },
  heartbeat: { seq: 1, echo: 0, clientTime: 1, load: 0.5, freeSlots: 2 },
  synced: { revision: 1, missing: [] },
  accepted: { executions: [key] },
  rejected: { executions: [{ ...key, reason: 'no-slot', detail: '' }] },
  started: { executions: [{ ...key, startedAt: 1 }] },
  progress: { ...key, fraction: null, text: '' },
  output: { chunks: [{ ...key, fenceProof, offset: 0, stream: 'stdout', at: 1, text: 'x' }] },
  result: {
    journalSeq: 1,
    results: [
      {
        ...key,
        fenceProof,
        end: 'succeeded',
        reason: 'finished',
        valueJson: '1.0',
        valueKind: 'json',
        error: null,
        startedAt: 1,
        endedAt: 2,
        outputBytes: 0,
        cut: {
          output: false,
          value: false,
        },
      },
    ],
  },
  piece: { message: 1, index: 0, of: 1, text: '{}' },
  leaving: { reason: '' },
}

const FROM_SERVER: Readonly<Record<string, object>> = {
  challenge: { protocols: [1], serverId: 's', nonce: 'n', serverTime: 1 },
  welcome: {
    sessionId: id,
    serverEpoch: 1,
    heartbeatMs: 1,
    presenceMs: 3,
    holdMs: 9,
    downloadToken: 't',
    limits: {
      messageBytesMax: 1,
      outputBytesMax: 1,
      resultBytesMax: 1,
    },
  },
  refused: { code: 'busy', reason: '', retryAfterMs: 1 },
  reconciled: { attempts: [{ ...key, verdict: 'go-on' }], last: true },
  heartbeat: { seq: 1, echo: 1, serverTime: 1 },
  plugins: { revision: 1, from: null, changed: [], removed: ['a'.repeat(64)] },
  execute: {
    executions: [
      {
        ...key,
        fenceProof,
        slot: {
          kind: 'any',
          value: '',
        },
        plugin: 'p',
        checksum: 'a'.repeat(64),
        language: 'python',
        action: 'run',
        argsJson: '[]',
        kwargsJson: '{}',
        startWithinMs: 1,
        timeoutMs: 1,
        onDisconnect: 'stop',
        outputBytesMax: 1,
      },
    ],
  },
  cancel: { executions: [{ ...key, reason: 'cancelled', ifNotStarted: false }] },
  acknowledge: { results: [{ ...key, disposition: 'applied', code: '' }], output: [{ ...key, storedBytes: 3 }] },
  drain: { on: true },
  moving: { reconnectAfterMs: 1 },
}

for (const [who, parse, samples] of [
  ['client', parseFromClient, FROM_CLIENT],
  ['server', parseFromServer, FROM_SERVER],
] as const) {
  describe(`messages from the ${who}`, () => {
    for (const [type, sample] of Object.entries(samples)) {
      it(`${type} is taken as it is, and refused with a key too many or one too few`, () => {
        assert.ok(parse({ type, ...sample }).ok)
        const more = parse({ type, ...sample, surprise: 1 })
        assert.deepEqual(more.ok ? [] : more.problems, [{ field: 'surprise', message: 'is not a known key' }])
        for (const left of Object.keys(sample)) {
          const less = parse({ type, ...sample, [left]: undefined })
          assert.ok(!less.ok, `${type} without ${left} was taken`)
        }
      })
    }

    it('of an unknown kind, or of no kind, are refused in words', () => {
      for (const strange of [null, undefined, 1, 'hello', [], {}, { type: 'toString' }, { type: '__proto__' }]) {
        const parsed = parse(strange)
        assert.deepEqual(parsed.ok ? [] : parsed.problems, [{ field: 'type', message: 'is not a known message' }])
      }
    })
  })
}

/** Of each message of protocol 1: a sum of its whole schema, so that no bound, no word and no optional field changes unseen. */
const SUMS: Readonly<Record<string, string>> = {
  'client hello': '656c26b35b16fe8d',
  'client inventory': 'eee8c4a620142625',
  'client heartbeat': 'a8dc37021e59f30a',
  'client synced': '1df70d6f6489a092',
  'client accepted': '658a947fe59432be',
  'client rejected': '440fc5dd4bf787c0',
  'client started': '76f2f392d75527b7',
  'client progress': '68bc51e5cfc15f0a',
  'client output': 'f317c9609187c824',
  'client result': 'bd40357a6e9861bf',
  'client piece': '9f82f762b71447f9',
  'client leaving': '19d6340a08fba46b',
  'server challenge': '49d5fc02f7d729ff',
  'server welcome': 'b850fb049da08419',
  'server refused': 'c37ed9d794a79cc8',
  'server reconciled': 'dbf4af44cd0d95c1',
  'server heartbeat': '7964f059277fa201',
  'server plugins': '5b1e305b0dbb21a4',
  'server execute': 'dea25db935ba77a7',
  'server cancel': 'bee1176afb4c2baf',
  'server acknowledge': 'fb3f3a3e79c869b4',
  'server drain': '9f79217563786d7e',
  'server moving': '5bdd47c0ff629768',
}

/** What every program can say that ever was: the two that find out which protocol comes next. */
const FROZEN = ['server challenge', 'client hello']

function sums(): Readonly<Record<string, string>> {
  const sides = [
    ['client', FromClientSchema],
    ['server', FromServerSchema],
  ] as const
  const all = sides.flatMap(([side, { anyOf }]) =>
    (anyOf as readonly (TSchema & { properties: { type: { const: string } } })[]).map((schema): [string, string] => [
      `${side} ${schema.properties.type.const}`,
      createHash('sha256').update(JSON.stringify(schema)).digest('hex').slice(0, 16),
    ]),
  )
  return Object.fromEntries(all)
}

describe('the protocol', () => {
  it('is, within its number, what it was: not even an optional field changes', () => {
    assert.equal(PROTOCOL, 1, 'A new number has sums of its own, beside those of the one before.')
    const changed = Object.entries(sums()).filter(([message, sum]) => SUMS[message] !== sum)
    const mend =
      'A released program would break on this: make a new message, or a new field, under a new protocol number. Before the first release, and where both sides take the old shape as well, write the new sum here.'
    assert.deepEqual(
      changed.map(([message, sum]) => `'${message}': '${sum}',${FROZEN.includes(message) ? ' (frozen for ever)' : ''}`),
      [],
      mend,
    )
    assert.deepEqual(Object.keys(SUMS).sort(), Object.keys(sums()).sort(), mend)
  })

  it('signs in hello what it always signed', () => {
    const parts = { serverId: 'the-server', clientId: 'the-client', nonce: 'once', protocol: 1 }
    assert.equal(helloText(parts), 'octopus-hello-1\nthe-server\nthe-client\nonce\n1')
  })
})

describe('an enrolment token', () => {
  it('holds the address and the secret in one text', () => {
    const parts = { server: 'https://octopus.example:8000', secret: 'a-b_c' }
    assert.deepEqual(unpackToken(` ${packToken(parts)}\n`), parts)
  })

  it('is recognised as none when it is none', () => {
    for (const text of ['', 'octo1.', 'octo1.###', 'octo1.bnVsbA', 'octo1.WzFd', 'https://x']) {
      assert.equal(unpackToken(text), undefined)
    }
  })
})
