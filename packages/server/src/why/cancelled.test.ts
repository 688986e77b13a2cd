import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ClientId } from '@octopus/protocol/ids.ts'

import type { ExecutionDetail } from '#executions/execution-store.ts'

import { endWords } from './life.ts'
import type { WhySnapshot } from './snapshot.ts'
import { waitingNow } from './waiting-now.ts'

const NOW = Date.UTC(2026, 10, 24, 8)
const words = (reason: string, client: string | null = null): string =>
  endWords({ state: 'cancelled', reason, client: client as ClientId | null, clientName: client } as ExecutionDetail)

describe('why something was cancelled', () => {
  it('is said where nobody cancelled it', () => {
    assert.match(
      words('client-deleted'),
      /\(client-deleted\): its client was deleted while it waited for it, and nobody else/,
    )
    assert.match(
      words('client-revoked'),
      /\(client-revoked\): its client was revoked while it waited for it, and nobody else/,
    )
  })

  it('comes with what nobody has seen', () => {
    assert.match(
      words('unconfirmed', 'pc-1'),
      /^It was cancelled on pc-1 \(unconfirmed\): .*, and nobody has seen it stop\.$/,
    )
    assert.equal(words('cancelled', 'pc-1'), 'It was cancelled on pc-1 (cancelled).')
  })

  it('is said of what is queued in a run that is being cancelled, before its own turn comes', () => {
    const waits = { state: 'queued', attempt: 1, attempts: [], avoided: [], rejections: [], unprovenClient: null }
    const execution = { ...waits, notBefore: 0, queuedAt: NOW, cancelRequestedAt: NOW } as unknown as ExecutionDetail
    const [step, ...others] = waitingNow(execution, { now: NOW, braked: false } as WhySnapshot)
    assert.deepEqual([step?.code, others], ['cancelling', []])
    assert.match(step?.text ?? '', /^Its run was cancelled/)
  })
})
