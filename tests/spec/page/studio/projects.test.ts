import { expect, test } from 'bun:test';
import { GIB } from '../../../../src/base/units.ts';
import { NO_LIMITS, readLimits, textsOf, usageTexts } from '../../../../src/page/studio/projects/draft.ts';
import { sectionOf } from '../../../../src/page/studio/projects/model.ts';

const LIMITS = { maxQueued: 200, maxRunning: undefined, maxPerDay: 0, maxArtifactBytes: 1.5 * GIB };
const USAGE = { queued: 3, running: 1, today: 1_200, artifactBytes: GIB };

test('only limits that were typed anew are changed, and an emptied one is lifted', () => {
  const before = textsOf({ limits: LIMITS });
  expect(before).toEqual({ maxQueued: '200', maxRunning: '', maxPerDay: '0', maxArtifactBytes: '1.5' });
  expect(readLimits(before, before)).toEqual({ limits: {} });
  expect(readLimits({ ...before, maxQueued: ' ', maxRunning: '2', maxArtifactBytes: '0,25' }, before)).toEqual({
    limits: { maxQueued: 'none', maxRunning: 2, maxArtifactBytes: GIB / 4 },
  });
});

test('a size that shows rounded stays as it is until it is typed', () => {
  const before = textsOf({ limits: { ...LIMITS, maxArtifactBytes: GIB + 1 } });
  expect(before.maxArtifactBytes).toBe('1');
  expect(readLimits({ ...before, maxPerDay: '5' }, before)).toEqual({ limits: { maxPerDay: 5 } });
});

test.each(['-1', '1.5', 'many', '1e300', 'Infinity', '0x'])('%p is no number of jobs, which its field says', (text) => {
  expect(readLimits({ ...NO_LIMITS, maxQueued: text }, NO_LIMITS)).toEqual({
    errors: { maxQueued: 'A whole number from 0 is needed, or nothing' },
  });
});

test('what a project uses stands beside the limits that it has', () => {
  expect(usageTexts({ limits: LIMITS, usage: USAGE })).toEqual({
    maxQueued: '3 of 200',
    maxRunning: '1',
    maxPerDay: '1,200 of 0',
    maxArtifactBytes: '1.0 of 1.5 GiB',
  });
});

test('an address that names no section opens the first', () => {
  expect([sectionOf(undefined), sectionOf('nothing'), sectionOf('audit')]).toEqual(['projects', 'projects', 'audit']);
});
