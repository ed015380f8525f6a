import { expect, test } from 'bun:test';
import { toJobId } from '../../../../src/base/ids.ts';
import type { OutboxEntry } from '../../../../src/studio/delivery/entry.ts';
import { EntryIndex } from '../../../../src/studio/delivery/entry-index.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';

/** An empty index, and how often it asked any entry about itself. */
function setup() {
  const index = new EntryIndex(new FakeClock(), 1e9);
  const asked = { times: 0 };
  const entry = (at: number, kind: OutboxEntry['kind'] = 'json'): OutboxEntry => ({
    jobId: toJobId(`job-${at}`),
    ext: '',
    workerId: 'w-1',
    studio: 'http://studio.test',
    sizeBytes: 1,
    file: `file-${at}`,
    get kind() {
      asked.times += 1;
      return kind;
    },
    get createdAt() {
      asked.times += 1;
      return at;
    },
  });
  return { index, asked, entry };
}

const files = (entries: Iterable<OutboxEntry>): readonly string[] => [...entries].map(({ file }) => file);

test('the oldest JSON result is found without a look at the others', () => {
  const { index, asked, entry } = setup();
  for (let at = 0; at < 1_000; at++) index.add(entry(at, at % 2 === 0 ? 'artifact' : 'json'));
  asked.times = 0;
  const [oldest] = index.json();
  expect([oldest?.file, asked.times]).toEqual(['file-1', 0]);
});

test('results found in any order are given oldest first', () => {
  const { index, entry } = setup();
  for (const at of [3, 1, 2]) index.add(entry(at));
  index.add(entry(0, 'artifact'));
  expect(files(index.json())).toEqual(['file-1', 'file-2', 'file-3']);
  index.forget(entry(1));
  index.add(entry(4));
  index.add(entry(1));
  expect(files(index.json())).toEqual(['file-1', 'file-2', 'file-3', 'file-4']);
  expect(files(index.entries())).toEqual(['file-0', 'file-1', 'file-2', 'file-3', 'file-4']);
});
