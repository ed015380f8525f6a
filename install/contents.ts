import { readFileSync } from 'node:fs';
import type { Entries, Entry } from './archive/entries.ts';
import { tarOf } from './archive/tar.ts';
import { xz } from './archive/xz.ts';
import { zipOf } from './archive/zip.ts';
import { shellFiles } from './shell-files.ts';
import { noticeBeside } from './build.ts';
import type { Target } from './targets.ts';

/** Files of the repository that go along. */
const PAGES = ['LICENSE', 'README.md'];

/** What the archive of a target holds: one folder, named as the archive is without its ending. */
export async function contentsOf(target: Target, executable: string, version: string): Promise<Entries> {
  const files = new Map<string, Entry>([[target.binary, { bytes: readFileSync(executable), isExecutable: true }]]);
  for (const page of PAGES) files.set(page, { bytes: readFileSync(page) });
  // The licences of what is in this very executable: another target's holds other native files.
  files.set('NOTICE', { bytes: readFileSync(noticeBeside(executable)) });
  for (const [path, text] of await shellFiles(version)) files.set(path, { bytes: Buffer.from(text) });
  return new Map([...files].map(([path, entry]) => [`studio-worker-${target.triple}/${path}`, entry]));
}

/** The archive in the format that its name says. `preset` is how hard `xz` tries. */
export async function archiveOf(target: Target, contents: Entries, preset: number): Promise<Uint8Array> {
  if (target.archive.endsWith('.zip')) return zipOf(contents);
  return await xz(tarOf(contents, { withFolders: true }), { preset, cpu: target.cpu });
}
