import type { ReactNode } from 'react'

export interface Column<T> {
  readonly head: string
  readonly cell: (row: T) => ReactNode
  /** Left out on narrow screens: the row's own page has it. */
  readonly wide?: boolean
  readonly align?: 'end'
  /** The cells speak for themselves; only screen readers are told the head. */
  readonly hideHead?: boolean
}

interface TableProps<T> {
  readonly label: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly keyOf: (row: T) => string
}

/** A real table. A link with the class `row-link` in a cell makes its whole row a target. */
export function Table<T>({ label, columns, rows, keyOf }: TableProps<T>): ReactNode {
  const classOf = (column: Column<T>): string => `${column.wide ? 'wide' : ''} ${column.align ?? ''}`
  return (
    <div className="table-scroll">
      <table className="table" aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.head} scope="col" className={classOf(column)}>
                {column.hideHead ? <span className="visually-hidden">{column.head}</span> : column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.head} className={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
