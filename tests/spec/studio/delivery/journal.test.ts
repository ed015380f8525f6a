import { afterAll, expect, test } from 'bun:test';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { KIB, MIB } from '../../../../src/base/units.ts';
import { putRecord } from '../../../../src/studio/delivery/journal/record.ts';
import type { OutboxEntry } from '../../../../src/studio/delivery/entry.ts';
import { openOutbox, type Outbox } from '../../../../src/studio/delivery/outbox.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import { sha256 } from '../../../../src/system/disk/digest.ts';
import { type Files, systemFiles } from '../../../../src/system/disk/files.ts';
import { anEntry } from '../../../fakes/studio/an-entry.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { MemoryFiles } from '../../../fakes/system/memory-files.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';

const root = await mkdtemp(join(tmpdir(), 'journal-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const JOURNAL = '/outbox/journal';

const setup = async () => {
  const files = new MemoryFiles();
  const clock = new FakeClock();
  const log = recordingLogger();
  const open = (over: Partial<Files> = {}): Promise<Outbox> => {
    const both = new Proxy(files, { get: (target, name) => Reflect.get(over, name) ?? bound(target, name) });
    return openOutbox({ dir: '/outbox', maxBytes: 1e9, files: both, clock, sha256, log });
  };
  const journal = (): Uint8Array => files.contents.get(JOURNAL) ?? new Uint8Array();
  return { files, clock, log, open, journal, outbox: await open() };
};
const bound = (target: MemoryFiles, name: string | symbol): unknown => {
  const found: unknown = Reflect.get(target, name);
  return typeof found === 'function' ? found.bind(target) : found;
};

const put = (outbox: Outbox, id: string, content = Uint8Array.of(1, 2, 3)): Promise<OutboxEntry> =>
  outbox.put(anEntry(id, { kind: 'json', ext: '' }), content);
const idsOf = (outbox: Outbox): string[] => outbox.entries().map((entry) => entry.jobId);

/** One put or removal, and the bytes of the journal it takes. */
interface Step {
  readonly is: 'put' | 'removal';
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

/** What is left when these steps were taken. */
const leftBy = (steps: readonly Step[]): string[] => {
  const left = new Set<string>();
  for (const step of steps) {
    if (step.is === 'put') left.add(step.id);
    else left.delete(step.id);
  }
  return [...left];
};

/** A history of puts, removals (of the nth that is there) and clean restarts. */
const histories = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('put' as const), content: fc.uint8Array({ maxLength: 120 }) }),
    fc.record({ do: fc.constant('remove' as const), nth: fc.nat(9) }),
    fc.record({ do: fc.constant('restart' as const) }),
  ),
  { minLength: 1, maxLength: 14 },
);
type History = typeof histories extends fc.Arbitrary<infer T> ? T : never;

/** Lives through a history, and tells what was written where. */
const live = async (history: History) => {
  const world = await setup();
  const contents = new Map<string, Uint8Array>();
  let steps: Step[] = [];
  let outbox = world.outbox;
  for (const [index, act] of history.entries()) {
    world.clock.advance(1); // a removed result that comes back keeps its place by its time
    const from = world.journal().length;
    const id = `job-${index}`;
    if (act.do === 'put') {
      contents.set(id, act.content);
      await put(outbox, id, act.content);
      steps.push({ is: 'put', id, from, to: world.journal().length });
    } else if (act.do === 'remove') {
      const entry = outbox.entries()[act.nth];
      if (entry === undefined) continue;
      await outbox.remove(entry);
      steps.push({ is: 'removal', id: entry.jobId, from, to: world.journal().length });
    } else {
      outbox = await world.open();
      if (world.journal().length === 0) steps = []; // nothing was live: it starts over
    }
  }
  return { ...world, outbox, steps, contents };
};

/** That an outbox holds these and no others, each with the bytes that were put, and that the next process agrees. */
const expectWhole = async (
  { open, contents }: Pick<Awaited<ReturnType<typeof live>>, 'open' | 'contents'>,
  ids: readonly string[],
) => {
  for (const outbox of [await open(), await open()]) {
    expect(idsOf(outbox)).toEqual([...ids]);
    for (const entry of outbox.entries())
      expect((await outbox.load(entry))?.content).toEqual(contents.get(entry.jobId) ?? new Uint8Array());
  }
  await put(await open(), 'next');
  expect(idsOf(await open())).toEqual([...ids, 'next']);
};

test('a journal cut at any byte holds what was written before the cut', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(10_000), fc.boolean(), async (history, at, zeros) => {
      const world = await live(history);
      const whole = world.journal();
      const cut = whole.length === 0 ? 0 : at % (whole.length + 1);
      const kept = whole.slice(0, cut);
      // Where zeros were reserved ahead, a power cut leaves those instead of an end.
      world.files.contents.set(JOURNAL, zeros ? Uint8Array.from(Buffer.concat([kept, new Uint8Array(999)])) : kept);
      await expectWhole(
        world,
        leftBy(world.steps.filter((step) => step.to <= cut || endsInZeros(whole, cut, step, zeros))),
      );
    }),
    { numRuns: 150 },
  );
});

/** A record whose missing bytes are zeros is whole with zeros behind the cut. */
const endsInZeros = (whole: Uint8Array, cut: number, step: Step, zeros: boolean): boolean =>
  zeros && step.from < cut && whole.subarray(cut, step.to).every((byte) => byte === 0);

test('a byte changed anywhere costs its own record and none other', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(10_000), fc.integer({ min: 1, max: 255 }), async (history, at, flip) => {
      const world = await live(history);
      const damaged = world.journal().slice();
      fc.pre(damaged.length > 0);
      const place = at % damaged.length;
      damaged[place] = (damaged[place] ?? 0) ^ flip;
      world.files.contents.set(JOURNAL, damaged);
      await expectWhole(world, leftBy(world.steps.filter((step) => place < step.from || place >= step.to)));
      expect(world.log.names().filter((name) => name === 'result.corrupt')).toEqual(['result.corrupt']);
    }),
    { numRuns: 150 },
  );
});

test('damaged bytes are set aside for the operator, owner-only and once', async () => {
  const { files, log, open, outbox, journal } = await setup();
  for (const id of ['a', 'b', 'c']) await put(outbox, id);
  const damaged = journal().slice();
  damaged[Math.floor(damaged.length / 2)] = 0xff;
  files.contents.set(JOURNAL, damaged);
  expect(idsOf(await open())).toEqual(['a', 'c']);
  const aside = [...files.contents.keys()].filter((path) => path.startsWith('/outbox/corrupt/journal-'));
  expect(aside.map((path) => files.contents.get(path)?.length)).toEqual([damaged.length / 3]);
  expect(log.find('result.corrupt')).toMatchObject({ level: 'error', fields: { movedTo: '/outbox/corrupt' } });
});

test('stray bytes after a journal’s records are set aside without losing results', async () => {
  const { files, open, outbox, journal } = await setup();
  await put(outbox, 'job-1');
  const stray = new Uint8Array(5000).fill(7, 4000, 4002);
  files.contents.set(JOURNAL, new Uint8Array(Buffer.concat([journal(), stray])));
  expect(idsOf(await open())).toEqual(['job-1']);
  const aside = [...files.contents].filter(([path]) => path.startsWith('/outbox/corrupt/'));
  expect(aside.map(([, bytes]) => bytes)).toEqual([Uint8Array.of(7, 7)]);
});

test('a record damaged while the worker runs is set aside instead of sent', async () => {
  const { files, log, open, outbox, journal } = await setup();
  const entry = await put(outbox, 'job-1');
  const damaged = journal().slice();
  damaged[damaged.length - 1] = 77;
  files.contents.set(JOURNAL, damaged);
  expect(await outbox.load(entry)).toBeUndefined();
  expect(log.find('result.corrupt')?.fields).toMatchObject({ jobId: 'job-1', file: entry.file });
  expect(files.contents.has(`/outbox/corrupt/${entry.file}`)).toBe(true);
  expect([outbox.pending().count, idsOf(await open())]).toEqual([0, []]);
});

test('a result that contains a whole record is not taken for one', async () => {
  const { files, open, outbox, journal } = await setup();
  await put(outbox, 'inner');
  const record = journal().slice();
  const moved = Buffer.concat([...putRecord([record.subarray(16)], 0, sha256)]);
  const fresh = await setup();
  await put(fresh.outbox, 'outer', Uint8Array.from(moved));
  const damaged = fresh.journal().slice();
  damaged[0] = 0; // the head that says where the next record begins is gone
  files.contents.set(JOURNAL, damaged);
  expect(idsOf(await open())).toEqual([]);
});

test('results put at once share one sync and are all kept', async () => {
  const { files, open } = await setup();
  let syncs = 0;
  const openAppend: Files['openAppend'] = (path, startAt) => {
    const file = files.openAppend(path, startAt);
    return new Proxy(file, { get: (to, name) => (name === 'sync' ? () => void syncs++ : Reflect.get(to, name)) });
  };
  const outbox = await open({ openAppend });
  const [, middle] = await Promise.all([put(outbox, 'a'), put(outbox, 'b'), put(outbox, 'c')]);
  await outbox.remove(middle);
  expect([syncs, idsOf(await open())]).toEqual([1, ['a', 'c']]);
});

test('a failed sync stores nothing, and the next result is kept', async () => {
  const { files, open } = await setup();
  let broken = false;
  const openAppend: Files['openAppend'] = (path, startAt) => {
    const file = files.openAppend(path, startAt);
    const sync = (): void => {
      if (broken) throw new Error('EIO: i/o error, fdatasync');
    };
    return new Proxy(file, { get: (to, name) => (name === 'sync' ? sync : Reflect.get(to, name)) });
  };
  const outbox = await open({ openAppend });
  await put(outbox, 'before');
  broken = true;
  expect(await put(outbox, 'lost').catch((thrown: unknown) => String(thrown))).toContain('EIO');
  broken = false;
  await put(outbox, 'after');
  expect([idsOf(outbox), idsOf(await open())]).toEqual([
    ['before', 'after'],
    ['before', 'after'],
  ]);
});

test('a full disk keeps earlier results and reports the new one as lost', async () => {
  const { files, open, outbox } = await setup();
  const entry = await put(outbox, 'before');
  files.full = true;
  expect(await put(outbox, 'lost').catch((thrown: unknown) => thrown)).toMatchObject({ code: 'disk.full' });
  expect(idsOf(await open())).toEqual(['before']);
  await outbox.remove(entry);
  expect([outbox.pending().count, idsOf(await open())]).toEqual([0, ['before']]);
});

test('an unreadable journal is left alone, and results get own files', async () => {
  const { clock, files, log, open, outbox, journal } = await setup();
  await put(outbox, 'before');
  clock.advance(1);
  const whole = journal().slice();
  const readBytes: Files['readBytes'] = () => Promise.reject(new Error('EIO: i/o error, read'));
  const blind = await open({ readBytes });
  await put(blind, 'after');
  expect(log.find('result.unreadable')?.fields).toMatchObject({ file: JOURNAL });
  expect([journal(), files.contents.size]).toEqual([whole, 2]);
  expect(idsOf(await open())).toEqual(['before', 'after']);
});

test('a journal of delivered results is cut back to nothing and stays small', async () => {
  const { outbox, journal, open } = await setup();
  let largest = 0;
  for (let at = 0; at < 90; at++) {
    await outbox.remove(await put(outbox, `job-${at}`, new Uint8Array(60 * KIB)));
    largest = Math.max(largest, journal().length);
  }
  expect(largest).toBeLessThan(4.2 * MIB);
  expect(idsOf(await open())).toEqual([]);
});

test('a waiting result survives the cuts around it, unchanged', async () => {
  const { outbox, journal, open } = await setup();
  const waiting = await put(outbox, 'waiting', Uint8Array.of(9, 8, 7));
  for (let at = 0; at < 90; at++) await outbox.remove(await put(outbox, `job-${at}`, new Uint8Array(60 * KIB)));
  expect(journal().length).toBeLessThan(4.2 * MIB);
  const reopened = await open();
  for (const box of [outbox, reopened]) expect((await box.load(waiting))?.content).toEqual(Uint8Array.of(9, 8, 7));
  expect(idsOf(reopened)).toEqual(['waiting']);
});

test('a journal copy left by a crash is removed silently', async () => {
  const { files, log, open, outbox, journal } = await setup();
  await put(outbox, 'job-1');
  files.contents.set(`${JOURNAL}.77.tmp`, journal().slice(0, 40));
  expect(idsOf(await open())).toEqual(['job-1']);
  expect([[...files.contents.keys()], log.names()]).toEqual([[JOURNAL], []]);
});

test('a journal that cannot be cut keeps its results and logs why', async () => {
  const { files, log, open } = await setup();
  const refuse = (): never => {
    throw new Error('EIO: i/o error, rename');
  };
  const openAppend: Files['openAppend'] = (path, startAt) => {
    const file = files.openAppend(path, startAt);
    return new Proxy(file, { get: (to, name) => (name === 'replace' ? refuse : Reflect.get(to, name)) });
  };
  const outbox = await open({ openAppend });
  await put(outbox, 'waiting');
  for (let at = 0; at < 72; at++) await outbox.remove(await put(outbox, `job-${at}`, new Uint8Array(60 * KIB)));
  expect(log.names()).toEqual(['journal.not-cut']);
  expect([idsOf(outbox), idsOf(await open())]).toEqual([['waiting'], ['waiting']]);
});

test('a journal full of waiting results leaves new ones to files of their own', async () => {
  const { outbox, journal, open } = await setup();
  const ids = Array.from({ length: 145 }, (_, at) => `job-${at}`);
  for (const id of ids) await put(outbox, id, new Uint8Array(60 * KIB));
  expect(journal().length).toBeWithin(7.9 * MIB, 8 * MIB + 1);
  expect(idsOf(await open())).toEqual(ids);
});

test('a real journal is bounded, whole and owner-only through cuts and restarts', async () => {
  const dir = join(await mkdtemp(join(root, 'real-')), 'outbox');
  const log = recordingLogger();
  const open = () => openOutbox({ dir, maxBytes: 1e9, files: systemFiles, clock: new FakeClock(), sha256, log });
  const outbox = await open();
  const waiting = await put(outbox, 'waiting', Uint8Array.of(9, 8, 7));
  for (let at = 0; at < 80; at++) await outbox.remove(await put(outbox, `job-${at}`, new Uint8Array(60 * KIB)));
  await outbox.close();
  expect(await readdir(dir)).toEqual(['journal']);
  const facts = await stat(join(dir, 'journal'));
  if (process.platform !== 'win32') expect(facts.mode & 0o777).toBe(0o600);
  expect(facts.size).toBeLessThan(2 * MIB);
  const reopened = await open();
  expect((await reopened.load(waiting))?.content).toEqual(Uint8Array.of(9, 8, 7));
  await reopened.remove(waiting);
  await reopened.close();
  expect([idsOf(await open()), log.names()]).toEqual([[], []]);
});

test('every result that a killed process reported as kept is there afterwards', async () => {
  for (const words of [1, 20, 133]) {
    const dir = await mkdtemp(join(root, 'killed-'));
    const script = join(import.meta.dir, '../../../fakes/studio/journal-child.ts');
    const child = Bun.spawn([process.execPath, script, dir], { stdout: 'pipe', stderr: 'inherit' });
    let said = '';
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += chunk;
      if (said.split('\n').length > words) child.kill('SIGKILL'); // wherever it is by now
    }
    const lines = said.split('\n').slice(0, -1);
    const removed = new Set(lines.filter((line) => line.startsWith('-')).map((line) => line.slice(1)));
    const kept = lines.filter((line) => line.startsWith('+')).map((line) => line.slice(1));
    const log = recordingLogger();
    const options = { dir, maxBytes: 1e9, files: systemFiles, clock: systemClock, sha256, log };
    const outbox = await openOutbox(options);
    const there = new Set(idsOf(outbox));
    expect(kept.filter((index) => !removed.has(index) && !there.has(`job-${index}`))).toEqual([]);
    for (const entry of outbox.entries()) expect(await outbox.load(entry)).toBeDefined();
    await outbox.close();
  }
});
