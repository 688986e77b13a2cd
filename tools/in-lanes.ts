/** Does `work` for every item, at most `lanes` at a time, and keeps the order of the answers. */
export async function inLanes<T, R>(
  items: readonly T[],
  lanes: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const answers: R[] = []
  const left = items.entries()
  const lane = async (): Promise<void> => {
    for (const [index, item] of left) answers[index] = await work(item)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return answers
}
