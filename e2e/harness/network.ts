import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { networkInterfaces } from 'node:os'

/** Which messages vanish: those of the client, those for it, or both. Neither end is told: no connection breaks by it. */
export type Cut = 'to-server' | 'to-client' | 'both-ways'

/** A namespace that is not there by then never will be. */
const READY_MS_MAX = 5_000

/**
 * Of the range that anyone may give to machines of their own. Without it a bridge takes the lowest address of what is
 * plugged into it: the next machine may change it, and for a while the others send to where nobody listens any more.
 */
const SWITCH_ADDRESS = '02:00:00:00:00:01'

/** Why there can be no networks of a test's own on this machine; false when there can be. */
export function whyNoNetworks(): string | false {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux'
  try {
    // All that is needed below, done for once: a namespace, a bridge, a rule of the packet filter that draws lots.
    const rule = 'add table inet t; add chain inet t c; add rule inet t c numgen random mod 100 < 5 drop'
    run(['unshare', '--net', 'sh', '-ec', `ip link add probe type bridge; nft '${rule}'`])
    return false
  } catch (error) {
    return `no network namespaces, bridges and packet filters here: ${(error as Error).message.trim().split('\n').at(-1)}`
  }
}

/** One machine of the network: a network namespace that lives as long as somebody is in it. */
class Machine {
  readonly address: string
  readonly #holder: ChildProcess

  private constructor(address: string, holder: ChildProcess) {
    this.address = address
    this.#holder = holder
  }

  /** `cat` ends when the test does, however that ends, and with it the namespace and all links into it. */
  static async start(address: string): Promise<Machine> {
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo ready && exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const ready = AbortSignal.timeout(READY_MS_MAX)
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve())
      holder.once('exit', () => reject(new Error('no network namespace')))
      ready.addEventListener('abort', () => reject(new Error('no network namespace in time')), { once: true })
    })
    return new Machine(address, holder)
  }

  get pid(): string {
    return String(this.#holder.pid)
  }

  /** What is put before a command so that it runs on this machine. */
  get prefix(): readonly string[] {
    return ['nsenter', '--target', this.pid, '--net', '--']
  }

  /** Answers what it printed. */
  run(command: readonly string[], input?: string): string {
    return run([...this.prefix, ...command], input)
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#holder.once('exit', resolve))
    this.#holder.stdin?.end()
    if (this.#holder.exitCode === null) await ended
  }
}

/**
 * A switch with machines on it, each with a network of its own, and the tester's machine beside them. Nothing of it is
 * reachable from outside, and nothing of it outlives the test.
 */
export class Network implements AsyncDisposable {
  readonly #subnet: string
  readonly #server: Machine
  readonly #clients = new Map<string, Machine>()
  readonly #rules = new Map<string, string[]>()
  #nextNumber = 2

  private constructor(subnet: string, server: Machine) {
    this.#subnet = subnet
    this.#server = server
  }

  /** Makes the switch, the server's machine, and the tester's link to it. */
  static async start(): Promise<Network> {
    const subnet = freeSubnet()
    const server = await Machine.start(`${subnet}.1`)
    const network = new Network(subnet, server)
    server.run(['ip', 'link', 'add', 'switch', 'address', SWITCH_ADDRESS, 'type', 'bridge'])
    server.run(['ip', 'address', 'add', `${subnet}.1/24`, 'dev', 'switch'])
    server.run(['ip', 'link', 'set', 'switch', 'up'])
    const ours = network.#testersLink
    run(['ip', 'link', 'add', ours, 'type', 'veth', 'peer', 'name', 'tester', 'netns', server.pid])
    run(['ip', 'address', 'add', `${subnet}.254/24`, 'dev', ours])
    run(['ip', 'link', 'set', ours, 'up'])
    network.#plugIn('tester')
    return network
  }

  get #testersLink(): string {
    return `oct-${this.#server.pid}`
  }

  /** Where the server listens. */
  get serverAddress(): string {
    return this.#server.address
  }

  /** Flags of a server that listens in this network. */
  get serverFlags(): readonly string[] {
    return ['--server-host', this.#server.address, '--allow-plain-http']
  }

  /** Around a server: it runs on the server's machine. */
  get serverSide(): { readonly prefix: readonly string[] } {
    return { prefix: this.#server.prefix }
  }

  /** Around a client: it runs on a machine of its own, which is made when it is first asked for. */
  async clientSide(name: string): Promise<{ readonly prefix: readonly string[] }> {
    return { prefix: (await this.#machine(name)).prefix }
  }

  /** Packets vanish without a word from now on, in addition to what vanished before. */
  cut(name: string, direction: Cut): void {
    const drops = [
      ...(direction === 'to-client' ? [] : [this.#drop(name, 'to-server', '')]),
      ...(direction === 'to-server' ? [] : [this.#drop(name, 'to-client', '')]),
    ]
    this.#change(name, [...(this.#rules.get(name) ?? []), ...drops])
  }

  /** So many packets of a hundred vanish, in each direction. */
  lose(name: string, percent: number): void {
    const lots = `numgen random mod 100 < ${percent} counter `
    this.#change(name, [this.#drop(name, 'to-server', lots), this.#drop(name, 'to-client', lots)])
  }

  /** How many packets that client's machine has dropped of those that came to it, since it loses some. */
  lost(name: string): number {
    const rules = this.#clients.get(name)?.run(['nft', 'list', 'chain', 'inet', 'octopus', 'arriving']) ?? ''
    return Number(/counter packets (\d+)/.exec(rules)?.[1] ?? 0)
  }

  /** The switch dies: nobody hears the server, and it hears nobody. The tester's own link stays. */
  cutAll(): void {
    for (const name of this.#clients.keys()) this.cut(name, 'both-ways')
  }

  /** All packets arrive again. */
  heal(name: string): void {
    this.#change(name, [])
  }

  healAll(): void {
    for (const name of this.#clients.keys()) this.heal(name)
  }

  /** The PC gets another address, as when it changes from cable to air: what was connected from the old one hangs. */
  async move(name: string): Promise<void> {
    const machine = await this.#machine(name)
    const next = `${this.#subnet}.${100 + Number(machine.address.split('.')[3])}`
    machine.run(['ip', 'address', 'flush', 'dev', 'eth0'])
    machine.run(['ip', 'address', 'add', `${next}/24`, 'dev', 'eth0'])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // It would go with the namespace of its other end, but some time later.
    run(['ip', 'link', 'delete', this.#testersLink])
    await Promise.all([this.#server, ...this.#clients.values()].map((machine) => machine.end()))
  }

  async #machine(name: string): Promise<Machine> {
    const known = this.#clients.get(name)
    if (known) return known
    const number = this.#nextNumber++
    const machine = await Machine.start(`${this.#subnet}.${number}`)
    this.#clients.set(name, machine)
    const port = `port${number}`
    const server = this.#server.pid
    machine.run(['ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', port, 'netns', server])
    machine.run(['ip', 'address', 'add', `${machine.address}/24`, 'dev', 'eth0'])
    machine.run(['ip', 'link', 'set', 'eth0', 'up'])
    this.#plugIn(port)
    return machine
  }

  #plugIn(port: string): void {
    this.#server.run(['ip', 'link', 'set', port, 'master', 'switch', 'up'])
  }

  /** At the receiving end: the sender learns nothing of it, as on a real line. */
  #drop(name: string, direction: 'to-server' | 'to-client', which: string): string {
    const { address } = this.#clients.get(name) as Machine
    const rule = direction === 'to-server' ? `ip saddr ${address} ` : `ip saddr ${this.#server.address} `
    return `${direction} ${rule}${which}drop`
  }

  /** Puts the rules of one client in force, all at once; those of the others stay. */
  #change(name: string, rules: string[]): void {
    this.#rules.set(name, rules)
    const of = (all: readonly string[], direction: string): string[] =>
      all.filter((rule) => rule.startsWith(`${direction} `)).map((rule) => rule.slice(direction.length + 1))
    filter(this.#server, of([...this.#rules.values()].flat(), 'to-server'))
    filter(this.#clients.get(name) as Machine, of(rules, 'to-client'))
  }
}

/** Replaces what a machine drops of what arrives. */
function filter(machine: Machine, rules: readonly string[]): void {
  const chain = ['type filter hook input priority 0; policy accept;', ...rules].join('\n')
  const table = `table inet octopus {\nchain arriving {\n${chain}\n}\n}\n`
  machine.run(['nft', '-f', '-'], `table inet octopus\ndelete table inet octopus\n${table}`)
}

/** Of the range that is set aside for measuring networks, which nobody routes; two tests at a time get two. */
function freeSubnet(): string {
  const used = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address))
  for (let n = 0; n < 256; n++) {
    const subnet = `198.18.${(process.pid + n) % 256}`
    if (!used.some((address) => address.startsWith(`${subnet}.`))) return subnet
  }
  throw new Error('no subnet of 198.18.0.0/16 is free')
}

function run(command: readonly string[], input?: string): string {
  return execFileSync(command[0] as string, command.slice(1), {
    encoding: 'utf8',
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(input === undefined ? {} : { input }),
  })
}
