import { useEffect, useState } from 'react'

/** The value, once it has been still for so long. */
export function useDebounced<T>(value: T, stillMs: number): T {
  const [still, setStill] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setStill(value), stillMs)
    return () => clearTimeout(timer)
  }, [value, stillMs])
  return still
}
