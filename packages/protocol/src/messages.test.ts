import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { packToken, unpackToken } from './enroll.ts'
import { parseFromClient } from './from-client.ts'
import { parseFromServer } from './from-server.ts'

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
