import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createHandClock } from './hand-clock.ts'
import { createMemoryWire } from './memory-link.ts'

function connected() {
  const clock = createHandClock()
  const wire = createMemoryWire(clock)
  const heard: string[] = []
  const listen = (name: string) => ({
    message: (text: string) => void heard.push(`${name} ${text}`),
    closed: (reason: string) => void heard.push(`${name} closed: ${reason}`),
  })
  const client = wire.client.attach(listen('client'))
  const server = wire.server.attach(listen('server'))
  return { clock, wire, heard, client, server }
}

describe('memory link', () => {
  it('carries messages in order, both ways', async () => {
    const { clock, heard, client, server } = connected()
    client.send('1')
    client.send('2')
    server.send('3')
    await clock.settle()
    assert.deepEqual(heard.toSorted(), ['client 3', 'server 1', 'server 2'])
  })

  it('a delay never lets a later message overtake an earlier one', async () => {
    const { clock, heard, client, wire } = connected()
    wire.toServer.delayMs = 100
    client.send('slow')
    wire.toServer.delayMs = 1
    client.send('fast')
    await clock.advance(99)
    assert.deepEqual(heard, [])
    assert.equal(client.bufferedBytes(), 8)
    await clock.advance(1)
    assert.deepEqual(heard, ['server slow', 'server fast'])
  })

  it('a stalled lane keeps everything until it flows again', async () => {
    const { clock, heard, client, wire } = connected()
    wire.toServer.stalled = true
    client.send('1')
    await clock.advance(60_000)
    assert.deepEqual(heard, [])
    wire.toServer.stalled = false
    await clock.settle()
    assert.deepEqual(heard, ['server 1'])
  })

  it('loses, doubles and swaps messages when told so', async () => {
    const { clock, heard, client, wire } = connected()
    wire.toServer.copies = (text) => (text === 'lost' ? 0 : text === 'twice' ? 2 : 1)
    wire.toServer.late = (text) => text === 'late'
    for (const text of ['lost', 'twice', 'late', 'next']) client.send(text)
    await clock.settle()
    assert.deepEqual(heard, ['server twice', 'server twice', 'server next', 'server late'])
  })

  it('what an end sent before it closed still arrives; what was under way to it is thrown away', async () => {
    const { clock, heard, client, server, wire } = connected()
    server.send('unread')
    client.send('last words')
    client.close('enough')
    client.close('again')
    client.send('after the end')
    server.send('too late')
    await clock.settle()
    assert.deepEqual(heard.toSorted(), ['client closed: enough', 'server closed: enough', 'server last words'])
    assert.equal(wire.isOpen(), false)
  })

  it('through a stalled lane not even the close is heard', async () => {
    const { clock, heard, client, wire } = connected()
    wire.toServer.stalled = true
    client.close('enough')
    await clock.advance(60_000)
    assert.deepEqual(heard, ['client closed: enough'])
    wire.toServer.stalled = false
    await clock.settle()
    assert.deepEqual(heard, ['client closed: enough', 'server closed: enough'])
  })

  it('a cut loses what is under way and is heard at both ends, once', async () => {
    const { clock, heard, client, wire } = connected()
    wire.toServer.delayMs = 50
    client.send('lost')
    wire.cut('torn')
    wire.cut('again')
    await clock.advance(100)
    assert.deepEqual(heard.toSorted(), ['client closed: torn', 'server closed: torn'])
    assert.equal(clock.waiting(), 0)
  })
})
