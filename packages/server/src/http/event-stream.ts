import type { FastifyReply, FastifyRequest } from 'fastify'

import type { EventStream } from './route.ts'

/** Takes the connection out of request and answer: from here on it belongs to the stream. */
export function startEventStream(stream: EventStream, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack()
  const { raw } = reply
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value)
  raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
  raw.flushHeaders()
  // The limits for slow requests are not meant for an answer that stays open.
  request.raw.socket.setTimeout(0)
  const stop = stream.start({
    write: (text) => void raw.write(text),
    end: () => raw.end(),
    bufferedBytes: () => raw.writableLength,
  })
  raw.on('error', () => raw.destroy())
  raw.on('close', stop)
  return reply
}
