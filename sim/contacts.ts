import type { EpochMs, Ms } from '@octopus/kit/clock.ts'

import type { World } from './world.ts'

/** Since when nothing has kept each client and the server, both at work, from hearing all that they say to each other. */
export class Contacts {
  readonly #world: World
  readonly #contacts = new Map<string, { readonly wire: object; readonly since: EpochMs }>()
  #engine: World['server']['engine']

  constructor(world: World) {
    this.#world = world
  }

  /** Of every step. */
  look(): void {
    const { clients, clock, server } = this.#world
    const now = clock.wall()
    const { engine } = server
    const isAtWork = engine !== undefined && engine === this.#engine && !server.isStopping && !engine.brake.state().on
    this.#engine = engine
    for (const client of clients) {
      const wire = isAtWork ? this.#world.contactOf(client) : undefined
      if (!wire) this.#contacts.delete(client.name)
      else if (this.#contacts.get(client.name)?.wire !== wire) this.#contacts.set(client.name, { wire, since: now })
    }
  }

  /** For how long; 0: something does, or did a moment ago. */
  lastsMs(client: string): Ms {
    const now = this.#world.clock.wall()
    return now - (this.#contacts.get(client)?.since ?? now)
  }
}
