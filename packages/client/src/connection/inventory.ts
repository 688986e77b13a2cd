import type { Inventory, InventoryAttempt } from '@octopus/protocol/from-client.ts'
import { INVENTORY_PAGE_ITEMS } from '@octopus/protocol/limits.ts'

/** What every page of an inventory says of the PC. */
export type InventoryFacts = Omit<Inventory, 'type' | 'last' | 'attempts'>

/** Sends the attempts in pages; an empty inventory is one empty page. */
export function sendInventory(
  send: (page: Inventory) => void,
  facts: InventoryFacts,
  attempts: readonly InventoryAttempt[],
): void {
  const pages = Math.max(1, Math.ceil(attempts.length / INVENTORY_PAGE_ITEMS))
  for (let page = 0; page < pages; page++) {
    const items = attempts.slice(page * INVENTORY_PAGE_ITEMS, (page + 1) * INVENTORY_PAGE_ITEMS)
    send({ type: 'inventory', last: page === pages - 1, ...facts, attempts: items })
  }
}
