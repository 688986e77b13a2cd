import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly text: string
}

interface Waiting {
  readonly request: string
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

/**
 * Requests over a fixed number of connections that stay open, one request at a time on each. Much leaner than `fetch`,
 * because the load shares the machine with what is measured.
 */
export class HttpLoad implements Disposable {
  readonly #host: string
  readonly #head: string
  readonly #queue: Waiting[] = []
  readonly #idle: Connection[] = []
  readonly #all: Connection[] = []

  constructor(url: string, token: string, connections: number) {
    const { host, hostname, port } = new URL(url)
    this.#host = host
    this.#head = `authorization: Bearer ${token}\r\n`
    for (let i = 0; i < connections; i++) {
      const connection = new Connection(hostname, Number(port), () => this.#freed(connection))
      this.#all.push(connection)
      this.#idle.push(connection)
    }
  }

  post(path: string, body: object): Promise<Answer> {
    const json = JSON.stringify(body)
    const length = Buffer.byteLength(json)
    const head = `content-type: application/json\r\ncontent-length: ${length}\r\n`
    return this.#send(`POST ${path} HTTP/1.1\r\nhost: ${this.#host}\r\n${this.#head}${head}\r\n${json}`)
  }

  get(path: string): Promise<Answer> {
    return this.#send(`GET ${path} HTTP/1.1\r\nhost: ${this.#host}\r\n${this.#head}\r\n`)
  }

  /** The JSON of a successful answer. */
  async read<T>(path: string): Promise<T> {
    const { status, text } = await this.get(path)
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${text}`)
    return JSON.parse(text) as T
  }

  [Symbol.dispose](): void {
    for (const connection of this.#all) connection.close()
  }

  #send(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const waiting = { request, resolve, reject }
      const connection = this.#idle.pop()
      if (connection) connection.begin(waiting)
      else this.#queue.push(waiting)
    })
  }

  #freed(connection: Connection): void {
    const next = this.#queue.shift()
    if (next) connection.begin(next)
    else this.#idle.push(connection)
  }
}

class Connection {
  readonly #host: string
  readonly #port: number
  readonly #freed: () => void
  #socket: Socket
  #current: Waiting | undefined
  #text = ''

  constructor(host: string, port: number, freed: () => void) {
    this.#host = host
    this.#port = port
    this.#freed = freed
    this.#socket = this.#open()
  }

  begin(waiting: Waiting): void {
    this.#current = waiting
    // The server closes what was idle for long.
    if (this.#socket.destroyed || this.#socket.readableEnded) this.#socket = this.#open()
    this.#socket.write(waiting.request)
  }

  close(): void {
    this.#current = undefined
    this.#socket.destroy()
  }

  #open(): Socket {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true })
    socket.setEncoding('utf8')
    socket.on('data', (text) => this.#take(String(text)))
    socket.on('error', (error) => this.#current?.reject(error))
    socket.on('close', () => {
      if (socket === this.#socket) this.#current?.reject(new Error('the server closed the connection'))
    })
    return socket
  }

  #take(text: string): void {
    this.#text += text
    const headEnd = this.#text.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const head = this.#text.slice(0, headEnd)
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
    const body = this.#text.slice(headEnd + 4)
    if (body.length < length && Buffer.byteLength(body) < length) return
    const current = this.#current
    this.#text = ''
    this.#current = undefined
    this.#freed()
    current?.resolve({ status: Number(head.slice(9, 12)), text: body })
  }
}
