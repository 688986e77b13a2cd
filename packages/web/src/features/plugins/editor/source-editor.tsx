import { setDiagnostics, type Diagnostic } from '@codemirror/lint'
import { Compartment, EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { useEffect, useRef, type ReactNode } from 'react'

import type { Checked, Language } from '#features/plugins/plugin-queries.ts'

import { editing } from './extensions.ts'
import { languageSupport } from './language-support.ts'

interface SourceEditorProps {
  readonly source: string
  readonly language: Language
  readonly problems: Checked['problems']
  readonly readOnly: boolean
  readonly onChange: (source: string) => void
}

/**
 * CodeMirror in a shadow root: there it hands its styles to `adoptedStyleSheets`, in a document it would write <style>
 * elements, which the Content-Security-Policy refuses.
 */
export function SourceEditor({ source, language, problems, readOnly, onChange }: SourceEditorProps): ReactNode {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const parts = useRef({ language: new Compartment(), readOnly: new Compartment() })
  const changed = useRef(onChange)
  useEffect(() => {
    changed.current = onChange
  }, [onChange])

  useEffect(() => {
    if (!host.current) return
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' })
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: '',
        extensions: [
          editing,
          parts.current.language.of([]),
          parts.current.readOnly.of([]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = editor
    return () => editor.destroy()
  }, [])

  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.language.reconfigure(languageSupport(language)) })
  }, [language])

  useEffect(() => {
    const extension = [EditorState.readOnly.of(readOnly), EditorView.editable.of(!readOnly)]
    view.current?.dispatch({ effects: parts.current.readOnly.reconfigure(extension) })
  }, [readOnly])

  useEffect(() => {
    const editor = view.current
    if (!editor || editor.state.doc.toString() === source) return
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: source } })
  }, [source])

  useEffect(() => {
    const editor = view.current
    if (editor) editor.dispatch(setDiagnostics(editor.state, diagnosticsOf(editor.state, problems)))
  }, [problems])

  return <div ref={host} className="source-editor" data-testid="source-editor" />
}

/** The server counts lines and columns from 1. The source may have changed since: what is outside now is left out. */
function diagnosticsOf(state: EditorState, problems: Checked['problems']): Diagnostic[] {
  return problems.flatMap(({ line: number, column, message }) => {
    if (number < 1 || number > state.doc.lines) return []
    const line = state.doc.line(number)
    const from = Math.min(line.from + Math.max(0, column - 1), line.to)
    return { from, to: line.to, severity: 'error' as const, message }
  })
}
