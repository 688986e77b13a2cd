/**
 * Makes visible what would otherwise act on the reader's screen: control characters, and characters that change the
 * direction of text or have no width, are written as their code. Tabs and line breaks stay.
 */
export function visibleText(text: string): string {
  return text.replaceAll(HIDDEN, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`
  })
}

/** C0 and C1 controls, soft hyphen, zero-width, bidirectional and invisible formatting characters, tag characters. */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu
