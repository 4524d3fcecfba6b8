/** Runs something that tells a person what it does, with nobody listening. */
export async function quietly(work: () => Promise<void>): Promise<void> {
  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write.bind(stream) }));
  for (const { stream } of streams) {
    stream.write = () => true;
  }
  try {
    await work();
  } finally {
    for (const { stream, write } of streams) {
      stream.write = write;
    }
  }
}
