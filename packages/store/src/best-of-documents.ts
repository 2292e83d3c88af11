/**
 * The best chunk of each of k documents. Long documents may own many of the best chunks, so more are read until k documents
 * are found or none is left.
 * @param firstLimit chunks that are read at first
 * @param read up to so many chunks, the best first
 */
export async function bestOfDocuments<Chunk extends { readonly documentId: string }>(
  { k, firstLimit }: { readonly k: number; readonly firstLimit: number },
  read: (limit: number) => Promise<readonly Chunk[]>,
): Promise<Chunk[]> {
  for (let limit = firstLimit; ; limit *= 4) {
    const chunks = await read(limit);
    const best = new Map<string, Chunk>();
    for (const chunk of chunks) if (!best.has(chunk.documentId)) best.set(chunk.documentId, chunk);
    if (best.size >= k || chunks.length < limit) return [...best.values()].slice(0, k);
  }
}
