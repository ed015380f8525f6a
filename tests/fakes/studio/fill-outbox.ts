import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJobId } from '../../../src/base/ids.ts';
import { entryName, type EntryHeader, writeEntry } from '../../../src/studio/delivery/entry.ts';
import { sha256 } from '../../../src/system/disk/digest.ts';

/** What an earlier worker left, which no studio has yet; `job-0` is the oldest. */
export interface LeftResults {
  readonly count: number;
  /** When the last was made, in milliseconds since the epoch; the others a millisecond apart before it. */
  readonly lastAt: number;
  readonly header?: Partial<EntryHeader>;
}

const CONTENT = new TextEncoder().encode('{"text":"a reply"}');

/** Fills the folder of an outbox with JSON results in files of their own, and gives the files' names, oldest first. */
export function fillOutbox(dir: string, { count, lastAt, header: about = {} }: LeftResults): readonly string[] {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return Array.from({ length: count }, (_, at) => {
    const header: EntryHeader = {
      kind: 'json',
      ext: '',
      prompt: 'a fox',
      workerId: 'w-1',
      studio: 'http://studio.test',
      ...about,
      jobId: toJobId(`job-${at}`),
      createdAt: lastAt - count + 1 + at,
      sizeBytes: CONTENT.byteLength,
      sha256: sha256(CONTENT).toHex(),
    };
    const name = entryName(header, sha256);
    writeFileSync(join(dir, name), Buffer.concat([...writeEntry(header, CONTENT, sha256)]));
    return name;
  });
}
