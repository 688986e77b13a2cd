/**
 * What Python allows and the parser's grammar does not know (found by reading the standard library with it), written
 * so that it does: the same length, so that every position stays true. Only the parser sees this text; it may change
 * what stands in strings and comments, because nothing is read from it but its structure.
 */
export function forParser(source: string): string {
  return openWith(
    source
      // A form feed begins a line afresh, whatever stood before it.
      .replaceAll(/^\f/gm, '\n')
      .replaceAll('\f', ' ')
      // `24.` is a number.
      .replaceAll(/(?<![\w.])(\d[\d_]*)\.(?![\w.])/g, '$10')
      // `yield` alone gives None.
      .replaceAll(/\byield(?=[ \t]*(?:[)\]},:;#=]|\r?$))/gm, 'None ')
      // `case ast.Name():` matches a class by its path, and asks for nothing in it.
      .replaceAll(/^[ \t]*case\b.*$/gm, (line) =>
        line.replaceAll(/(?<=\w)\.(?=[A-Za-z_])/g, '_').replaceAll('()', '  '),
      ),
  )
}

/** A longer header of a `with` is left as it is: looking for its end must not cost more than reading the source once. */
const HEADER_CHARACTERS_MAX = 10_000

/** `with (open(a) as f, open(b) as (c, d)):` reads the same with `or` for `as`. */
function openWith(source: string): string {
  const header = /^[ \t]*(?:async[ \t]+)?with\b/gm
  let done = ''
  let from = 0
  for (let found = header.exec(source); found; found = header.exec(source)) {
    const begin = found.index + found[0].length
    const end = endOfHeader(source, begin)
    done += source.slice(from, begin) + source.slice(begin, end).replaceAll(/\bas\b/g, 'or')
    from = end
    header.lastIndex = end
  }
  return done + source.slice(from)
}

/** The colon that ends the header: outside brackets and strings. */
function endOfHeader(source: string, begin: number): number {
  let depth = 0
  let quote = ''
  const limit = Math.min(source.length, begin + HEADER_CHARACTERS_MAX)
  for (let i = begin; i < limit; i++) {
    const char = source[i] ?? ''
    if (quote !== '') {
      if (char === '\\') i++
      else if (char === quote || char === '\n') quote = ''
    } else if (char === '"' || char === "'") quote = char
    else if ('([{'.includes(char)) depth++
    else if (')]}'.includes(char)) depth--
    else if (char === ':' && depth === 0) return i
    else if (char === '\n' && depth === 0) return i
  }
  return begin
}

/** As in Python ("too many nested parentheses"). It also keeps the tree flat enough to walk. */
const BRACKETS_MAX = 200

/** Where more brackets are open than Python allows, outside strings and comments; undefined where that never happens. */
export function tooDeep(source: string): number | undefined {
  let depth = 0
  // Longest first, so that a triple quote is not taken for three; an unended string is skipped to the end of its line.
  const tokens =
    /"""[\s\S]*?(?:"""|$(?![\s\S]))|'''[\s\S]*?(?:'''|$(?![\s\S]))|"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?|#[^\n]*|[([{]|[)\]}]/g
  for (let token = tokens.exec(source); token; token = tokens.exec(source)) {
    const char = token[0]
    if (char === '(' || char === '[' || char === '{') depth++
    else if (char === ')' || char === ']' || char === '}') depth = Math.max(0, depth - 1)
    if (depth > BRACKETS_MAX) return token.index
  }
  return undefined
}
