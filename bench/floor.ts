import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openMain } from '@octopus/server/store/sqlite/open.ts'
import { type WebSocket, WebSocketServer } from 'ws'

import { type Floor, type Measure, median } from './measure.ts'

const ROW = 'x'.repeat(230)
const FSYNCS = 500
const ROWS_PER_SIZE = { 1: 500, 100: 20_000, 1000: 40_000 } as const
const TRIPS = 1_000
const FAN_OUT_SOCKETS = 1_000

/** What the parts can do alone: the disk, SQLite with nothing around it, bare sockets. */
export async function measureFloor(repetitions: number): Promise<{ floor: Floor; measures: readonly Measure[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'octopus-floor-'))
  try {
    const fsyncs = times(repetitions, () => fsyncMs(folder))
    const sizes = [1, 100, 1000] as const
    const rows = sizes.map((size) => times(repetitions, () => rowsPerSecond(folder, size)))
    const sockets = await measureSockets(repetitions)
    const measures: Measure[] = [
      { name: 'fsync of 300 bytes', unit: 'ms', better: 'less', values: fsyncs },
      ...sizes.map((size, i): Measure => {
        const name = `SQLite rows, ${size} per transaction`
        return { name, unit: '/s', better: 'more', values: rows[i] ?? [] }
      }),
      { name: 'ws round trip', unit: 'ms', better: 'less', values: sockets.trips },
      { name: 'ws: one message to 1,000, a reply from each', unit: 'ms', better: 'less', values: sockets.fanOuts },
    ]
    const of = (i: number): number => median(rows[i] ?? [])
    const floor: Floor = {
      fsyncMs: median(fsyncs),
      rows: { 1: of(0), 100: of(1), 1000: of(2) },
      socketTripMs: median(sockets.trips),
      fanOut1000Ms: median(sockets.fanOuts),
    }
    return { floor, measures }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function times<T>(count: number, one: () => T): T[] {
  return Array.from({ length: count }, one)
}

function fsyncMs(folder: string): number {
  const file = openSync(join(folder, 'fsync'), 'w')
  const bytes = Buffer.alloc(300, 'x')
  const took = times(FSYNCS, () => {
    const begun = performance.now()
    writeSync(file, bytes)
    fsyncSync(file)
    return performance.now() - begun
  })
  closeSync(file)
  return median(took)
}

/** As the server opens it: WAL, `synchronous=FULL`; rows of about 300 bytes, an ordered key, two indexes. */
function rowsPerSecond(folder: string, size: keyof typeof ROWS_PER_SIZE): number {
  const path = join(folder, `rows-${size}.db`)
  const database = openMain(path, 0)
  database.exec(`create table floor (id text primary key, kind text not null, at integer not null, body text not null)
    strict;
    create index floor_kind on floor (kind, at);
    create index floor_at on floor (at);`)
  const insert = database.prepare('insert into floor (id, kind, at, body) values (?, ?, ?, ?)')
  const count = ROWS_PER_SIZE[size]
  const begun = performance.now()
  for (let n = 0; n < count;) {
    database.exec('begin immediate')
    for (let i = 0; i < size; i++, n++)
      insert.run(`018f-${String(n).padStart(31, '0')}`, `${(n * 7_919) % 10_007}-kind`, n, ROW)
    database.exec('commit')
  }
  const took = performance.now() - begun
  database.close()
  for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true })
  return (count / took) * 1_000
}

async function measureSockets(repetitions: number): Promise<{ trips: number[]; fanOuts: number[] }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  await new Promise((resolve) => void server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const sockets: WebSocket[] = []
  const connected = Promise.withResolvers<void>()
  server.on('connection', (socket) => {
    sockets.push(socket)
    if (sockets.length === FAN_OUT_SOCKETS) connected.resolve()
  })
  const peer: ChildProcess = fork(join(import.meta.dirname, 'floor-peer.ts'), [String(port), String(FAN_OUT_SOCKETS)])
  try {
    await connected.promise
    const trips: number[] = []
    const fanOuts: number[] = []
    for (let i = 0; i < repetitions; i++) trips.push(await tripMs(sockets[0] as WebSocket))
    for (let i = 0; i < repetitions; i++) fanOuts.push(await fanOutMs(sockets))
    return { trips, fanOuts }
  } finally {
    peer.kill()
    for (const socket of sockets) socket.terminate()
    server.close()
  }
}

async function tripMs(socket: WebSocket): Promise<number> {
  const took: number[] = []
  for (let i = 0; i < TRIPS; i++) {
    const begun = performance.now()
    socket.send(ROW)
    await new Promise((resolve) => void socket.once('message', resolve))
    took.push(performance.now() - begun)
  }
  return median(took)
}

async function fanOutMs(sockets: readonly WebSocket[]): Promise<number> {
  const message = Buffer.from(ROW)
  const begun = performance.now()
  const replies = sockets.map((socket) => new Promise((resolve) => void socket.once('message', resolve)))
  for (const socket of sockets) socket.send(message, { binary: false })
  await Promise.all(replies)
  return performance.now() - begun
}
