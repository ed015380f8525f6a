import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// A studio whose disk can be filled: `full-disk-process.ts <data folder> <port>` is `studio-process.ts`, and takes `fill` and
// `free` on its standard input, each answered by itself once it is done.
const filler = join(process.argv[2] ?? '', 'filler');

/** The last pieces are small, so that hardly a byte is left. */
async function fill(): Promise<void> {
  for (let bytes = 1024 * 1024; bytes >= 1; bytes /= 4) {
    while (await append(bytes));
  }
}

const append = (bytes: number): Promise<boolean> =>
  writeFile(filler, new Uint8Array(bytes), { flag: 'a' }).then(
    () => true,
    () => false,
  );

await import('./studio-process.ts');
for await (const line of console) {
  if (line === 'fill') await fill();
  else await rm(filler, { force: true });
  console.log(line);
}
