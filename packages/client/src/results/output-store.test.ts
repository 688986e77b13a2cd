import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import type { Session } from '#connection/session.ts'
import { keyNumber } from '#testing/client-world.ts'

import { OUTPUT_MEMORY_BYTES_MAX, OutputStore } from './output-store.ts'

const session = {} as Session
const key = keyNumber(1)
const PROOF = 'p'.repeat(43)

interface Chunk {
  offset: number
  text: string
}

function opened(): OutputStore {
  const store = new OutputStore()
  store.open(key, PROOF, { session })
  return store
}
const take = (store: OutputStore, from = session): Chunk[] =>
  [...store.take(from)].map((text) => JSON.parse(text) as Chunk)
const say = (store: OutputStore, text: string): void => store.add(key, { stream: 'stdout', at: 1.5, text })

describe('output that waits for the server', () => {
  it('is sent once, and again from what is stored after a reconnect', () => {
    const store = opened()
    say(store, 'äb')
    say(store, 'cd')
    assert.deepEqual(
      take(store).map(({ offset, text }) => [offset, text]),
      [
        [0, 'äb'],
        [3, 'cd'],
      ],
    )
    assert.deepEqual(take(store), [])
    store.stored(key, 3)
    store.rewind()
    assert.deepEqual(
      take(store).map(({ offset, text }) => [offset, text]),
      [[3, 'cd']],
    )
  })

  it('is sent again where the server was told of a gap, in whichever order its answers come', () => {
    const store = opened()
    say(store, 'ab')
    say(store, 'cd')
    take(store)
    // The second came first and was not taken; the answer to the first overtakes the one that says so.
    store.stored(key, 2)
    store.stored(key, 0)
    assert.deepEqual(
      take(store).map(({ offset, text }) => [offset, text]),
      [[2, 'cd']],
    )
  })

  it('is cut where the server has lost what it had stored, instead of being sent for ever', () => {
    const store = opened()
    say(store, 'ab')
    say(store, 'cd')
    take(store)
    store.stored(key, 2)
    let times = 0
    for (; take(store).length > 0 || times === 0; times++) {
      assert.ok(times < 100, 'it is sent for ever')
      store.stored(key, 0)
    }
    assert.ok(times > 10, `it was cut after ${times} answers, which may only have overtaken each other`)
    say(store, 'ef')
    assert.deepEqual([take(store), store.state(key).cut, store.heldBytes()], [[], true, 0])
  })

  it('whatever is lost and acknowledged in between, the server can put it together without gap or double', () => {
    const step = fc.oneof(
      fc.record({ say: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }) }),
      fc.constant({ lose: true }),
      fc.constant({ send: true }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const store = opened()
        let said = ''
        let kept = Buffer.alloc(0)
        const receive = (): void => {
          for (const { offset, text } of take(store)) {
            assert.ok(offset <= kept.length, 'no gap')
            const bytes = Buffer.from(text)
            if (offset + bytes.length > kept.length) kept = Buffer.concat([kept, bytes.subarray(kept.length - offset)])
          }
          store.stored(key, kept.length)
        }
        for (const one of steps) {
          if ('say' in one) {
            said += one.say
            say(store, one.say)
          } else if ('lose' in one) {
            take(store)
            store.rewind()
          } else receive()
        }
        store.rewind()
        for (let i = 0; i < 3; i++) receive()
        assert.equal(kept.toString(), Buffer.from(said).toString())
        assert.equal(store.heldBytes(), 0)
      }),
    )
  })

  it('a long text is split where no character is torn, and flows in a window so that heartbeats are not kept waiting', () => {
    const store = opened()
    const text = '😀'.repeat(60_000)
    say(store, text)
    let all = ''
    for (let rounds = 0; rounds < 100 && Buffer.byteLength(all) < 240_000; rounds++) {
      const chunks = take(store)
      assert.ok(chunks.reduce((bytes, chunk) => bytes + Buffer.byteLength(chunk.text), 0) <= 65_536)
      all += chunks.map((chunk) => chunk.text).join('')
      store.stored(key, Buffer.byteLength(all))
    }
    assert.equal(all, text)
  })

  it('a store in the middle of a piece keeps the rest of it', () => {
    const store = opened()
    say(store, 'abcdef')
    take(store)
    store.stored(key, 4)
    store.rewind()
    assert.deepEqual(
      take(store).map(({ offset, text }) => [offset, text]),
      [[4, 'ef']],
    )
  })

  it('is not sent in a session that the attempt does not belong to, unless only its tail is wanted', () => {
    const other = {} as Session
    const store = opened()
    say(store, 'x')
    assert.deepEqual(take(store, other), [])
    store.answered(key)
    assert.equal(take(store, other).length, 1)
    store.rewind()
    assert.equal(take(store, other).length, 1)
    store.rewind()
    assert.deepEqual([take(store, other), store.heldBytes()], [[], 0], 'one reconnect, then it is let go')
  })

  it('beyond its memory it is cut, and stays cut: the server stores no gaps', () => {
    const store = opened()
    const mebibyte = 'x'.repeat(1_048_576)
    for (let bytes = 0; bytes < OUTPUT_MEMORY_BYTES_MAX; bytes += mebibyte.length) say(store, mebibyte)
    assert.equal(store.state(key).cut, false)
    say(store, 'y')
    store.stored(key, 1_048_576)
    say(store, 'z')
    assert.deepEqual([store.state(key).cut, store.state(key).totalBytes], [true, OUTPUT_MEMORY_BYTES_MAX])
  })
})
