/** The whole body of an answer, or undefined when it is longer than `maxBytes`; what is beyond is not received. */
export async function readBounded(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) return undefined; // leaving the loop ends the request
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
