/** Told to knip beside its own report: how many files of ours it has followed, so that a run that saw none is noticed. */
export default function count({ counters }: { readonly counters: { readonly processed: number } }): void {
  console.log(`Looked at ${counters.processed} files.`)
}
