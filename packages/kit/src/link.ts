/**
 * One connection that carries whole text messages in order, as a WebSocket does. The real socket and the simulator's
 * in-memory link both implement it, so that the real server and client code run in either.
 */
export interface Link {
  /** Queues a message. After `close` it does nothing: the other side may be gone at any time. */
  send(text: string): void
  /** Closes at once for the receiving side too: nothing that is still unread is delivered. */
  close(reason: string): void
  /** Bytes accepted by `send` and not yet given to the network; what backpressure is measured by. */
  bufferedBytes(): number
}

/** What the owner of a link does with what arrives. Set once, before anything can arrive. */
export interface LinkEvents {
  message(text: string): void
  /** Called once, whoever closed it. */
  closed(reason: string): void
}
