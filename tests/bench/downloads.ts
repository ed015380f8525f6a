import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DOWNLOAD_POLICY } from '../../src/models/download/request.ts';
import { aStore } from '../fakes/models/a-store.ts';
import { SCRATCH } from './programs.ts';
import type { Measurement } from './report.ts';
import { median } from './statistics.ts';

/** How large the file is and how often it is fetched. */
export interface DownloadSizes {
  readonly megabytes: number;
  readonly times: number;
}

const MB = 1e6;

/**
 * A model file by the store, hashed and resumable, and by a bare `fetch` that does nothing but write what comes. Both are
 * on the disk when they end, fsynced: a file that a power cut would take back has not arrived.
 */
export async function measureDownloads({ megabytes, times }: DownloadSizes): Promise<readonly Measurement[]> {
  const folder = join(SCRATCH, 'downloads');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'weights.bin');
  const sha256 = makeFile(path, megabytes);
  const child = Bun.spawn([process.execPath, 'tests/bench/file-host.ts', path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const said = await child.stdout.getReader().read();
    const url = new TextDecoder().decode(said.value).trim();
    const stored: number[] = [];
    const bare: number[] = [];
    // The first of each fills the page cache, and the two take turns for the rest.
    for (let time = 0; time <= times; time++) {
      stored.push(await rateOf(megabytes, () => byTheStore(folder, { url, sha256 })));
      bare.push(await rateOf(megabytes, () => byFetch(folder, url)));
    }
    return [
      {
        name: `download of ${megabytes} MB with its SHA-256`,
        unit: 'MB/s',
        measured: median(stored.slice(1)),
        goal: { atLeastTimes: 0.95 },
        limit: { what: 'bare fetch to disk', measured: median(bare.slice(1)) },
      },
    ];
  } finally {
    child.kill();
    await child.exited;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that no two megabytes of are alike. Gives its digest. */
function makeFile(path: string, megabytes: number): string {
  const file = openSync(path, 'w');
  const digest = new Bun.CryptoHasher('sha256');
  const piece = crypto.getRandomValues(new Uint8Array(65_536));
  const chunk = new Uint8Array(MB);
  for (let at = 0; at < MB; at += piece.byteLength) chunk.set(piece.subarray(0, MB - at), at);
  for (let done = 0; done < megabytes; done++) {
    new DataView(chunk.buffer).setUint32(0, done);
    writeSync(file, chunk);
    digest.update(chunk);
  }
  fsyncSync(file); // or the disk would still be at it while the first downloads are measured
  closeSync(file);
  return digest.digest('hex');
}

/** Megabytes per second. What the work leaves is removed when nobody looks at the clock any more. */
async function rateOf(megabytes: number, work: () => Promise<string>): Promise<number> {
  const since = performance.now();
  const left = await work();
  const tookMs = performance.now() - since;
  rmSync(left, { recursive: true });
  return (megabytes / tookMs) * 1_000;
}

async function byTheStore(folder: string, file: { readonly url: string; readonly sha256: string }): Promise<string> {
  const root = join(folder, 'models');
  await aStore(root, { policy: DOWNLOAD_POLICY }).fetch(file);
  return root;
}

async function byFetch(folder: string, url: string): Promise<string> {
  const path = join(folder, 'bare');
  const response = await fetch(url);
  const file = openSync(path, 'w');
  for await (const chunk of response.body ?? []) writeSync(file, chunk);
  fsyncSync(file);
  closeSync(file);
  return path;
}
