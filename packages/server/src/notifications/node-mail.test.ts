import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'

import { createSystemClock } from '@octopus/kit/clock.ts'
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

const senderAt = (url: string) =>
  createSender({
    clock: createSystemClock(),
    trusted: new Set(),
    serverId: 's',
    mail: { url, from: 'Octopus <octopus@example.com>' },
    publicUrl: 'https://octopus.example.com',
    unseal: (text) => text,
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

  it('cannot be chosen where there is no mail server', () => {
    const sender = createSender({
      clock: createSystemClock(),
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
