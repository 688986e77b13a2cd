import { openApi } from '#account/connection.ts'
import type { Act } from '#command-line/rows.ts'
import { EXIT } from '#exit-codes.ts'
import { visibleJson, visibleLines } from '#show/visible.ts'

/** `octopus run export`: the file as the server makes it; a terminal gets it harmless. */
export const exportRun: Act = async (given, world) => {
  const api = await openApi(given, world)
  const asJson = given.text('format') === 'json' || given.has('json')
  const { text } = await api.send(asJson ? 'downloadRunJson' : 'downloadRunCsv', { params: { id: given.needed('id') } })
  const harmless = asJson ? visibleJson : visibleLines
  world.out.write(world.out.isTerminal ? harmless(text) : text)
  return EXIT.done
}
