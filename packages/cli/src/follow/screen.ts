import { cutTo, visible, visibleLines, widthOf } from '#show/visible.ts'
import type { World } from '#world.ts'

/** Colours that can be read on light and on dark ground; each client keeps its own. */
const COLOURS = [36, 33, 35, 32, 34, 96, 93, 95] as const

/** Longer names stand out of line. */
const NAME_COLUMNS_MAX = 24

/** Lines of several clients, and below them one line that says how far it is. */
export interface Screen {
  /** Who may print: their lines are aligned from the first one on. */
  expect(names: readonly string[]): void
  /** One line of what a client printed. */
  line(who: string, text: string): void
  /** A sentence for the person who watches. */
  say(text: string): void
  /** Replaces the line at the bottom; on what is no terminal nothing is drawn. */
  progress(text: string): void
  /** Takes the line at the bottom away. */
  clear(): void
}

/** With `--json` standard output is the answer's alone, and everything else goes beside it. */
export function createScreen(world: Pick<World, 'out' | 'err' | 'env'>, asJson: boolean): Screen {
  const target = asJson ? world.err : world.out
  const coloured = target.isTerminal && !world.env['NO_COLOR'] && world.env['TERM'] !== 'dumb'
  const colours = new Map<string, number>()
  let shown = ''
  let width = 0

  const clear = (): void => {
    if (shown !== '') world.err.write('\r\u001B[K')
    shown = ''
  }
  const expect = (names: readonly string[]): void => {
    for (const name of names) width = Math.max(width, Math.min(NAME_COLUMNS_MAX, widthOf(visible(name))))
  }
  const prefixOf = (who: string): string => {
    const name = visible(who)
    expect([who])
    const prefix = `${name}${' '.repeat(Math.max(0, width - widthOf(name)))} | `
    if (!coloured) return prefix
    const colour = colours.get(who) ?? COLOURS[colours.size % COLOURS.length] ?? COLOURS[0]
    colours.set(who, colour)
    return `\u001B[${colour}m${prefix}\u001B[0m`
  }
  return {
    expect,
    line: (who, text) => {
      clear()
      target.write(`${prefixOf(who)}${visibleLines(text.replace(/\r$/, ''))}\n`)
    },
    say: (text) => {
      clear()
      world.err.write(`${text.split('\n').map(visible).join('\n')}\n`)
    },
    progress: (text) => {
      const wanted = world.err.isTerminal ? cutTo(visible(text), Math.max(10, world.err.columns() - 1)) : ''
      if (wanted === shown) return
      clear()
      world.err.write(wanted)
      shown = wanted
    },
    clear,
  }
}
