/** Cuts a stream of text into lines; what has no end yet is kept for later. */
export class LineCutter {
  #rest = ''

  /** The lines that are whole now. */
  take(text: string): readonly string[] {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length <= LINE_CHARACTERS_MAX) return lines
    const long = this.#rest
    this.#rest = ''
    return [...lines, long]
  }

  /** The last line, when nothing follows any more. */
  end(): readonly string[] {
    const last = this.#rest
    this.#rest = ''
    return last === '' ? [] : [last]
  }
}

/** A line that does not end is shown in pieces. */
const LINE_CHARACTERS_MAX = 8_192
