import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, it } from 'node:test'

import { createSystemClock, type Ms } from '@octopus/kit/clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

import { createSender } from './node-sender.ts'
import type { TargetRecord } from './notification-store.ts'

async function listen(options: SMTPServerOptions = {}) {
  const mails: { readonly from: string; readonly to: readonly string[]; readonly text: string }[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, session, done) => {
      let text = ''
      stream.on('data', (bytes) => (text += String(bytes)))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({ from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(({ address }) => address), text })
        done()
      })
    },
    ...options,
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.server.address() as AddressInfo
  return { mails, port, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) }
}

const target = { kind: 'e-mail', url: null, secret: null, recipients: ['ann@example.com', 'ops@example.com'] } as const
const notice = { event: 'failed', count: 3, firstAt: 1, lastAt: 2, client: null, execution: null } as const
const message = {
  id: 'm-1',
  at: Date.UTC(2026, 5, 1),
  body: {
    notices: [{ ...notice, run: 'r-1' as never, task: { id: 't' as never, name: 'Ünïcode\r\nBcc: eve@example.com' } }],
    more: 2,
  },
}

/** A mail server that has one more line of its first answer to give, every few milliseconds, for ever. */
async function drip() {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.write('220 mail.example.com\r\n')
    socket.once('data', () => void goOn(socket))
  })
  const goOn = async (socket: Socket): Promise<void> => {
    for (; !socket.destroyed; await clock.after(5, never)) socket.write('250-one more\r\n')
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return { asked: once(server, 'connection'), port, [Symbol.asyncDispose]: close }
}

const clock = createSystemClock()
const never = new AbortController().signal

const senderAt = (url: string, timeoutMs?: Ms) =>
  createSender({
    clock,
    trusted: new Set(),
    serverId: 's',
    mail: { url, from: 'Octopus <octopus@example.com>' },
    publicUrl: 'https://octopus.example.com',
    unseal: (text) => text,
    timeoutMs,
  })

describe('an e-mail', () => {
  it('arrives with what happened and where to look, and a name adds no line to its head', async () => {
    await using server = await listen()
    await senderAt(`smtp://127.0.0.1:${server.port}`).send(target as unknown as TargetRecord, message)
    const [mail] = server.mails
    assert.equal(mail?.from, 'octopus@example.com')
    assert.deepEqual(mail.to, ['ann@example.com', 'ops@example.com'])
    const [head = '', body = ''] = mail.text.split('\r\n\r\n', 2)
    assert.match(head, /^Subject: /m)
    assert.ok(!/^Bcc:/m.test(head), head)
    const text = /quoted-printable/i.test(head) ? body.replaceAll(/=\r\n/g, '') : body
    assert.match(text, /3 failed/)
    assert.match(text, /dashboard\/runs\/r-1/)
    assert.match(mail.text, /and 2 more/)
  })

  it('that is not taken says why, without the password', async () => {
    await using server = await listen({
      authOptional: false,
      onAuth: (_auth, _session, done) => done(new Error('Invalid username or password')),
    })
    const sent = senderAt(`smtp://ann:open-sesame@127.0.0.1:${server.port}`).send(
      target as unknown as TargetRecord,
      message,
    )
    await assert.rejects(sent, (error: Error) => {
      assert.match(error.message, /^The mail server did not take it \(E/)
      assert.ok(!error.message.includes('sesame'))
      return true
    })
    assert.equal(server.mails.length, 0)
  })

  it('is given up when the mail server goes on and on with one answer', async () => {
    await using server = await drip()
    const sent = senderAt(`smtp://127.0.0.1:${server.port}`, 100).send(target as unknown as TargetRecord, message)
    await assert.rejects(sent, { message: 'The mail server did not take it in time.' })
  })

  it('that is under way does not hold up the stop', async () => {
    await using server = await drip()
    const stop = new AbortController()
    const sender = senderAt(`smtp://127.0.0.1:${server.port}`)
    const sent = sender.send(target as unknown as TargetRecord, message, stop.signal)
    await server.asked
    stop.abort(new Error('the server is stopping'))
    await assert.rejects(sent, /EABORT/)
  })

  it('cannot be chosen where there is no mail server', () => {
    const sender = createSender({
      clock,
      trusted: new Set(),
      serverId: 's',
      mail: null,
      publicUrl: null,
      unseal: (text) => text,
    })
    assert.match(sender.problems(target)[0]?.message ?? '', /no SMTP_URL/)
    const wrong = senderAt('smtp://x').problems({ ...target, recipients: ['ann@example.com', 'a b@c', 'x@y>\r\nz'] })
    assert.equal(wrong[0]?.field, 'recipients.1')
  })
})

leakCheck()
