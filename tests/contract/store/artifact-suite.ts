import { expect, test } from 'bun:test';
import type { ArtifactStore } from '../../../src/local-studio/storage/artifacts.ts';
import type { Declare } from '../../needs.ts';
import { sha256 } from '../../../src/system/disk/digest.ts';

/** A store of its own for each test, which can be opened again. */
export interface ArtifactsUnderTest extends AsyncDisposable {
  readonly artifacts: ArtifactStore;
  readonly reopen: () => Promise<ArtifactStore>;
}

/** What every implementation of `ArtifactStore` promises. Registers the tests; call it once per implementation. */
export function testArtifacts(name: string, open: () => Promise<ArtifactsUnderTest>, declare: Declare = test): void {
  const it = (title: string, body: (subject: ArtifactsUnderTest) => Promise<void>): void =>
    declare(`${name}: ${title}`, async () => {
      await using subject = await open();
      await body(subject);
    });

  it('an artifact written in chunks is whole, with its size and hash', async ({ artifacts }) => {
    const kept = await keep(artifacts, 'job-1', 'abc', 'defg');
    expect(kept).toMatchObject({ sizeBytes: 7, sha256: sha256('abcdefg').toHex() });
    expect(await textOf(artifacts, kept.name)).toBe('abcdefg');
  });

  it('an artifact of many parts is whole, and a discarded one is gone', async ({ artifacts }) => {
    const [kept, discarded] = [await artifacts.begin(), await artifacts.begin()];
    const chunk = new Uint8Array(1024 * 1024).fill(7);
    for (let at = 0; at < 12; at++) for (const writer of [kept, discarded]) await writer.write(chunk);
    const { name, sizeBytes } = await kept.keep('job-1', 'bin');
    await discarded.discard();
    expect((await new Response(await artifacts.open(name)).bytes()).length).toBe(sizeBytes);
    expect(sizeBytes).toBe(12 * chunk.length);
  });

  it('an artifact is there when the store is opened again', async ({ artifacts, reopen }) => {
    const { name: kept } = await keep(artifacts, 'job-1', 'abc');
    expect(await textOf(await reopen(), kept)).toBe('abc');
  });

  it('other bytes and other jobs have other names', async ({ artifacts }) => {
    const first = await keep(artifacts, 'job-1', 'abc');
    expect((await keep(artifacts, 'job-1', 'abd')).name).not.toBe(first.name);
    expect((await keep(artifacts, 'job-2', 'abc')).name).not.toBe(first.name);
  });

  it('what was discarded is not there, and may be discarded twice', async ({ artifacts }) => {
    const { name: known } = await keep(artifacts, 'job-1', 'abc');
    await artifacts.remove(known);
    const writer = await artifacts.begin();
    await writer.write(new TextEncoder().encode('abc'));
    await writer.discard();
    await writer.discard();
    expect(await artifacts.open(known)).toBeUndefined();
  });

  it('a removed artifact is gone, and removing it again is fine', async ({ artifacts }) => {
    const { name: kept } = await keep(artifacts, 'job-1', 'abc');
    await artifacts.remove(kept);
    await artifacts.remove(kept);
    expect(await artifacts.open(kept)).toBeUndefined();
  });

  it('two artifacts that arrive at once do not mix', async ({ artifacts }) => {
    const [one, two] = [await artifacts.begin(), await artifacts.begin()];
    for (const character of 'abc') {
      await one.write(new TextEncoder().encode(character));
      await two.write(new TextEncoder().encode(character.toUpperCase()));
    }
    const names = [(await one.keep('job-1', 'txt')).name, (await two.keep('job-2', 'txt')).name];
    expect(await Promise.all(names.map((each) => textOf(artifacts, each)))).toEqual(['abc', 'ABC']);
  });
}

async function keep(artifacts: ArtifactStore, jobId: string, ...chunks: readonly string[]) {
  const writer = await artifacts.begin();
  for (const chunk of chunks) await writer.write(new TextEncoder().encode(chunk));
  const kept = await writer.keep(jobId, 'txt');
  await writer.discard(); // as after every upload, kept or not
  return kept;
}

const textOf = async (artifacts: ArtifactStore, name: string): Promise<string | undefined> => {
  const bytes = await artifacts.open(name);
  return bytes === undefined ? undefined : await new Response(bytes).text();
};
